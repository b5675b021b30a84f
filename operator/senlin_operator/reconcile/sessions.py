"""The session of an object's credential, and the finalizer of its Secret."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from senlin_operator.cloud.credentials import (
    Allowed,
    Credential,
    CredentialsFile,
    UnreadableSecret,
    parse,
    read,
)
from senlin_operator.cloud.session import CloudSession
from senlin_operator.cloud.session_pool import SessionPool, TooManySessions
from senlin_operator.cloud.snapshot import Snapshot
from senlin_operator.kube.client import KubeClient, KubeError
from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.events import Recorder
from senlin_operator.kube.objects import Key, Resource
from senlin_operator.model.cache import Cache
from senlin_operator.model.outcome import Blocked
from senlin_operator.model.text import named

T = TypeVar("T")

_AGAIN = 10.0  # seconds until a session is asked for again that would have been one too many
_DEADLINE = 5.0  # seconds for reading a Secret, which takes some milliseconds
_USUAL_LOSS = 2  # objects that people may delete in the cloud at once on purpose


class Sessions:
    """Reads each Secret once per version, however many objects use it."""

    def __init__(
        self,
        cache: Cache,
        kube: KubeClient,
        pool: SessionPool,
        recorder: Recorder,
        allowed: Allowed,
        in_thread: Callable[[Callable[[], Any]], Awaitable[Any]] = asyncio.to_thread,
    ) -> None:
        self._allowed = allowed
        self._in_thread = in_thread
        self._cache = cache
        self._kube = kube
        self._recorder = recorder
        self._kept: dict[Key, str] = {}  # Secrets being deleted that have their event, with the uid
        self._pool = pool
        # Each with the resource version of the Secret at that time.
        self._files: dict[Key, tuple[int, CredentialsFile | Blocked]] = {}
        self._known: dict[tuple[Key, str], tuple[int, Credential | Blocked]] = {}
        self._locks: WeakValueDictionary[Key, asyncio.Lock] = WeakValueDictionary()

    async def session_for(self, resource: Resource) -> CloudSession | Blocked:
        """Return the session of the object's credential, or why there is none.

        Raises:
            KubeError: Kubernetes refuses to be read.
        """
        key, name = resource.secret_key, _cloud(resource)
        async with self._lock(key):  # concurrent users read the Secret once
            secret = self._cache.get(key)
            if secret is None:
                return Blocked(Reason.CREDENTIALS_MISSING, await self._why_missing(key))
            if secret.deleting and not resource.has_finalizer:
                text = f"Secret {key.name} is being deleted."
                return Blocked(Reason.CREDENTIALS_MISSING, text)
            credential = await self._credential(secret, name)
        if isinstance(credential, Blocked):
            return credential
        try:
            return self._pool.use(credential, resource.uid, resource.key.kind, key.namespace)
        except TooManySessions as error:
            return Blocked(Reason.TOO_MANY_CREDENTIALS, str(error), _AGAIN)

    def mass_deletion_suspected(self, resource: Resource, snapshot: Snapshot) -> bool:
        """Return whether most objects that share the session have vanished from the project.

        The credential may belong to another project now, where nothing should be created. Objects
        without an id in the status do not count: they vanish with those that they refer to.
        """
        sharing = self._cache.keys_of(self._pool.users_of_session(resource.uid))
        users = [user for key in sharing if (user := self._cache.get(key))]
        ids = [user.cloud_id for user in users if user.cloud_id and not user.deleting]
        missing = sum(not snapshot.holds(id_) for id_ in ids)
        return missing > 1 and (missing == len(ids) or missing > max(len(ids) / 2, _USUAL_LOSS))

    def leave(self, uid: str) -> None:
        """Remove the object from the users of its session."""
        self._pool.leave(uid)

    async def protect_secret(self, key: Key) -> None:
        """Add the finalizer: without the Secret, no cloud object could be deleted.

        Raises:
            KubeError: Kubernetes refuses it.
        """
        async with self._lock(key):  # concurrent users add it once
            secret = self._cache.get(key)
            if secret and not secret.has_finalizer and not secret.deleting:
                reply = await self._kube.set_finalizer(secret, present=True)
                self._cache.store_reply(key.kind, reply)

    async def release_secret(self, key: Key) -> None:
        """Remove the finalizer of an unused Secret, and forget the clouds that nobody uses.

        Each user that leaves brings it here, so it does not walk through those that stay.

        Raises:
            KubeError: Kubernetes refuses it.
        """
        async with self._lock(key):
            secret = self._cache.get(key)
            self._forget_unused(key)
            if secret is None:
                self._kept.pop(key, None)
            elif secret.has_finalizer and self._is_needed(key):
                self._tell_kept(secret)
            elif secret.has_finalizer:
                reply = await self._kube.set_finalizer(secret, present=False)
                self._cache.store_reply(key.kind, reply)

    def _lock(self, key: Key) -> asyncio.Lock:
        """Return the lock of a Secret, which lives as long as anybody has it or waits for it."""
        return self._locks.setdefault(key, asyncio.Lock())

    def _forget_unused(self, key: Key) -> None:
        for secret, cloud in list(self._known):
            if secret == key and not any(_cloud(it) == cloud for it in self._cache.referring(key)):
                del self._known[secret, cloud]
        if not any(True for _ in self._cache.referring(key)):
            self._files.pop(key, None)

    def _is_needed(self, key: Key) -> bool:
        """Return whether an object may need the Secret to delete a cloud object."""
        return any(it.has_finalizer for it in self._cache.referring(key))

    def _tell_kept(self, secret: Resource) -> None:
        """Record an event, once, about a Secret whose deletion waits for objects that stay."""
        if not secret.deleting or self._kept.get(secret.key) == secret.uid:
            return
        users = [it for it in self._cache.referring(secret.key) if it.has_finalizer]
        staying = [str(key) for key in sorted(it.key for it in users if not it.deleting)]
        if not staying:
            return
        self._kept[secret.key] = secret.uid
        text = (
            f"Kept until these are deleted, as they need it for that: {named(staying)}. The "
            "deletion of a Secret cannot be taken back: delete them, too, or let them use another."
        )
        self._recorder.record(secret, "Warning", "Kept", "Reconcile", text)

    async def _why_missing(self, key: Key) -> str:
        if await self._kube.has_other_secret(key):
            return f"Secret {key.name} in namespace {key.namespace} is not of the type Opaque."
        return f"Secret {key.name} does not exist in namespace {key.namespace}."

    async def _credential(self, secret: Resource, cloud: str) -> Credential | Blocked:
        version = secret.resource_version
        known = self._known.get((secret.key, cloud))
        if known is None or known[0] != version:
            file = await self._file(secret)
            if isinstance(file, Blocked):
                return file
            credential = await self._in_time(lambda: read(file, cloud, self._allowed))
            if credential is None:
                return _late(file.where)
            known = self._known[secret.key, cloud] = version, credential
        return known[1]

    async def _file(self, secret: Resource) -> CredentialsFile | Blocked:
        version, known = secret.resource_version, self._files.get(secret.key)
        if known is None or known[0] != version:
            where = f"Secret {secret.key.name}"
            try:
                data = (await self._kube.get_secret(secret)).get("data") or {}
            except KubeError as error:
                if error.status != 403:
                    raise
                text = f"The operator may not read {where}."
                return Blocked(Reason.CREDENTIALS_UNREADABLE, text)
            file = await self._in_time(lambda: parse(data, where))
            if file is None:
                return _late(where)
            known = self._files[secret.key] = version, file
        return known[1]

    async def _in_time(self, reading: Callable[[], T]) -> T | Blocked | None:
        """Return what is read from a Secret, or why it is refused; None: it takes too long."""
        try:
            async with asyncio.timeout(_DEADLINE):
                result: T = await self._in_thread(reading)
        except UnreadableSecret as error:
            return Blocked(Reason.CREDENTIALS_UNREADABLE, str(error))
        except TimeoutError:
            return None
        return result


def _cloud(resource: Resource) -> str:
    return str(resource.spec["cloudCredentialsRef"]["cloudName"])


def _late(where: str) -> Blocked:
    text = f"{where} could not be read within {_DEADLINE:.0f} s."
    return Blocked(Reason.CREDENTIALS_UNREADABLE, text)
