"""Who acts in whose name: from an object to its credential's session, and the Secret's guard."""

import asyncio
from collections import defaultdict

from senlin_operator.cloud.credentials import Credential, UnreadableSecret, read
from senlin_operator.cloud.inventory import Snapshot
from senlin_operator.cloud.session import Cloud, Clouds
from senlin_operator.engine.cache import Cache
from senlin_operator.engine.outcome import Blocked, Waiting
from senlin_operator.kube.client import KubeClient, KubeError
from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.objects import Key, Resource

_USUAL = 2  # objects that people delete in the cloud at once, with no harm meant


class Access:
    """Reads each Secret once per version, whatever the number of its users."""

    def __init__(self, cache: Cache, kube: KubeClient, clouds: Clouds) -> None:
        self._cache = cache
        self._kube = kube
        self._clouds = clouds
        # By Secret and cloud, with the fingerprint of the Secret that it was read from.
        self._known: dict[tuple[Key, str], tuple[str, Credential | Blocked]] = {}
        self._locks: defaultdict[Key, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def cloud_of(self, resource: Resource) -> Cloud | Blocked | Waiting:
        """Return the session that acts for the object, or why there is none."""
        key, name = resource.secret, resource.spec["cloudCredentialsRef"]["cloudName"]
        async with self._locks[key]:  # the first of many users reads the Secret for all
            secret = self._cache.get(key)
            if secret is None:
                text = f"Secret {key.name} does not exist, or is not of the type Opaque."
                return Blocked(Reason.CREDENTIALS_MISSING, text)
            if secret.deleting and not resource.guarded:
                text = f"Secret {key.name} is being deleted."
                return Blocked(Reason.CREDENTIALS_MISSING, text)
            credential = await self._credential(secret, name)
        if isinstance(credential, Blocked):
            return credential
        return self._clouds.use(credential, resource.uid)

    def emptied(self, resource: Resource, snapshot: Snapshot) -> bool:
        """Return whether most of what shares the object's session has vanished from the project.

        Then the credentials may lead elsewhere now, and what is missing should not be made there.
        """
        sharing = map(self._cache.get, self._cache.of(self._clouds.sharing(resource.uid)))
        ids = [it.cloud_id for it in sharing if it and it.cloud_id and not it.deleting]
        missing = sum(not snapshot.holds(id_) for id_ in ids)
        return missing > 1 and (missing == len(ids) or missing > max(len(ids) / 2, _USUAL))

    def leave(self, uid: str) -> None:
        """Say that the object needs no session any more."""
        self._clouds.leave(uid)

    async def guard(self, key: Key) -> None:
        """Keep a Secret from going while somebody needs it, and let it go afterwards."""
        async with self._locks[key]:
            secret = self._cache.get(key)
            if secret is None:
                self._known = {of: known for of, known in self._known.items() if of[0] != key}
            elif secret.guarded and not self._needed(key):
                self._cache.replace(key.kind, await self._kube.set_finalizer(secret, present=False))

    async def hold(self, key: Key) -> None:
        """Put the guard on: without its Secret, nothing could be deleted in the cloud any more."""
        async with self._locks[key]:  # once for all that come at the same time
            secret = self._cache.get(key)
            if secret and not secret.guarded and not secret.deleting:
                answer = await self._kube.set_finalizer(secret, present=True)
                self._cache.replace(key.kind, answer)

    def _needed(self, key: Key) -> bool:
        """Return whether somebody may have something in the cloud by these credentials."""
        users = map(self._cache.get, self._cache.users(key))
        return any(user is not None and user.guarded for user in users)

    async def _credential(self, secret: Resource, cloud: str) -> Credential | Blocked:
        fingerprint = str(secret.raw["fingerprint"])
        known = self._known.get((secret.key, cloud))
        if known is None or known[0] != fingerprint:
            try:
                data = (await self._kube.get_secret(secret)).get("data") or {}
            except KubeError as error:
                if error.status != 403:
                    raise
                text = f"The operator may not read Secret {secret.key.name}."
                return Blocked(Reason.CREDENTIALS_UNREADABLE, text)
            known = (fingerprint, _read(data, cloud, secret.key.name))
            self._known[secret.key, cloud] = known
        return known[1]


def _read(data: dict[str, str], cloud: str, secret: str) -> Credential | Blocked:
    try:
        return read(data, cloud, f"Secret {secret}")
    except UnreadableSecret as error:
        return Blocked(Reason.CREDENTIALS_UNREADABLE, str(error))
