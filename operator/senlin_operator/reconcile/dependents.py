"""The Kubernetes objects that an object creates and owns, as a Deployment does its ReplicaSets.

Dependents that are custom resources are reconciled as any other. Kubernetes' garbage collector
deletes all dependents after their owner.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from senlin_operator.cloud.credentials import fingerprint
from senlin_operator.kube.client import KubeClient, KubeError
from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.objects import SECRET, Key, Resource, inherited_labels
from senlin_operator.kube.status import timestamp
from senlin_operator.model.cache import Cache
from senlin_operator.model.kind import Dependent
from senlin_operator.model.outcome import Blocked, Waiting
from senlin_operator.model.scope import Scope
from senlin_operator.telemetry import clock

_EARLIER_REQUEUE = 3.0  # seconds; Kubernetes' garbage collector takes some
_REQUEUE = 30.0  # seconds; nothing wakes an owner when a name becomes free


class DependentsApplier:
    def __init__(self, cache: Cache, kube: KubeClient) -> None:
        self._cache = cache
        self._kube = kube

    async def apply(self, scope: Scope) -> Waiting | Blocked | None:
        """Create missing dependents, and change differing ones; return why if a name is taken.

        Raises:
            KubeError: Kubernetes refuses it.
        """
        dependents, owner = scope.kind.dependents, scope.resource
        if dependents is None:
            return None
        for dependent in dependents.desired(owner, scope.observed):
            key = _key(owner, dependent)
            existing = self._cache.get(key)
            if existing and existing.controller != owner.as_owner:
                if existing.deleting:
                    continue  # of an earlier owner of that name; its deletion wakes the new owner
                if self._is_of_earlier(owner, existing):
                    text = f"{key} is of an earlier {owner.key}, and Kubernetes will delete it."
                    return Waiting(Reason.NAME_TAKEN, text, requeue_after=_EARLIER_REQUEUE)
                return _name_taken(owner, key)
            dependent = replace(dependent, labels={**inherited_labels(owner), **dependent.labels})
            if dependent.manifest is None:
                continue
            if existing and await self._matches(scope, existing, dependent):
                continue
            try:
                reply = await self._write(owner, key, existing, dependent)
            except KubeError as error:
                if error.status != 409 or existing or key.kind != SECRET:
                    raise
                return _name_taken(owner, key)  # by a Secret of a type that is not watched
            stored = self._cache.store_reply(key.kind, reply)
            if key.kind == SECRET:
                scope.memory.content = stored.resource_version, fingerprint(reply.get("data"))
        return None

    async def _matches(self, scope: Scope, existing: Resource, dependent: Dependent) -> bool:
        """Return whether the object is as desired; a Secret is read once a version for that."""
        manifest = dependent.manifest or {}
        if dependent.kind != SECRET:
            return _covers(existing.raw, manifest) and _covers(existing.labels, dependent.labels)
        version, known = existing.resource_version, scope.memory.content
        if known is None or known[0] != version:
            data = (await self._kube.get_secret(existing)).get("data")
            known = scope.memory.content = version, fingerprint(data)
        return known[1] == fingerprint(manifest.get("data"))

    def _is_of_earlier(self, owner: Resource, existing: Resource) -> bool:
        """Return whether the owner does not exist any more, as after a restore of both."""
        earlier = existing.controller
        same_kind = earlier is not None and earlier.kind == owner.key.kind
        return same_kind and self._cache.controller_of(existing) is None

    async def _write(
        self, owner: Resource, key: Key, existing: Resource | None, dependent: Dependent
    ) -> dict[str, Any]:
        manifest = dependent.manifest or {}
        if key.kind != SECRET:
            return await self._kube.apply_dependent(owner, key, manifest, dependent.labels)
        if existing is None:
            return await self._kube.create_secret(owner, key, manifest, dependent.labels)
        before = (await self._kube.get_secret(existing)).get("data") or {}
        now, data = timestamp(clock.utcnow()), manifest.get("data", {})
        changed = {it for it in before if before[it] != data.get(it)}
        dates = {name: now for name, dated in dependent.dated.items() if dated in changed}
        return await self._kube.replace_secret_data(existing, data, dates)

    async def prune(self, scope: Scope) -> None:
        """Delete dependents that are neither desired nor in use.

        It must not be called while an action runs, as the action may use any of them.

        Raises:
            KubeError: Kubernetes refuses it.
        """
        dependents, owner = scope.kind.dependents, scope.resource
        if dependents is None:
            return
        desired = {_key(owner, each) for each in dependents.desired(owner, scope.observed)}
        for key in self._cache.dependents(owner):
            existing = self._cache.get(key)
            if key in desired or existing is None or existing.deleting:
                continue
            if key.kind not in dependents.kinds:
                continue
            if not dependents.in_use(existing, scope.observed):
                await self._kube.delete(existing)


def _name_taken(owner: Resource, key: Key) -> Blocked:
    text = f"{key} exists, but {owner.key} does not own it."
    return Blocked(Reason.NAME_TAKEN, text, requeue_after=_REQUEUE)


def _key(owner: Resource, dependent: Dependent) -> Key:
    return Key(dependent.kind, owner.key.namespace, dependent.name)


def _covers(current: Mapping[str, Any], desired: Mapping[str, Any]) -> bool:
    """Return whether the document has all desired values; the API server may add defaults."""
    for name, value in desired.items():
        existing = current.get(name)
        if isinstance(value, Mapping) and isinstance(existing, Mapping):
            if not _covers(existing, value):
                return False
        elif existing != value:
            return False
    return True
