"""The Kubernetes objects that an object makes and owns, as a Deployment does its ReplicaSets.

They are ordinary objects of their kinds, so they need no code but this to be made and unmade; the
garbage collector deletes them when their owner has gone.
"""

from collections.abc import Mapping
from typing import Any

from senlin_operator.engine.attempt import Attempt, View
from senlin_operator.engine.cache import Cache
from senlin_operator.engine.kind import Child
from senlin_operator.engine.outcome import Blocked
from senlin_operator.kube.client import KubeClient
from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.objects import Key, Resource


class Family:
    """Keeps the children of an object as its kind wants them."""

    def __init__(self, cache: Cache, kube: KubeClient) -> None:
        self._cache = cache
        self._kube = kube

    async def keep(self, attempt: Attempt, view: View) -> Blocked | None:
        """Make what is missing, and mend what differs.

        Raises:
            KubeError: Kubernetes refuses it.
        """
        children, owner = attempt.kind.children, attempt.resource
        if children is None:
            return None
        for child in children.wanted(owner, view.seen):
            key = _key(owner, child)
            existing = self._cache.get(key)
            if existing and existing.owner != owner.uid:
                if existing.deleting:
                    continue  # of an earlier owner of our name: its end wakes us
                return Blocked(Reason.NAME_TAKEN, f"{key} exists, and is not of this {owner.key}.")
            if existing is None or not _covers(existing.spec, child.spec):
                answer = await self._kube.apply_child(owner, key, child.spec)
                self._cache.replace(key.kind, answer)
        return None

    async def prune(self, attempt: Attempt, view: View) -> None:
        """Delete what is needed no more; while an action goes on, nobody knows what it needs.

        Raises:
            KubeError: Kubernetes refuses it.
        """
        children, owner = attempt.kind.children, attempt.resource
        if children is None:
            return
        wanted = {_key(owner, child) for child in children.wanted(owner, view.seen)}
        for key in self._cache.children(owner.uid):
            child = self._cache.get(key)
            if key in wanted or child is None or child.deleting:
                continue
            if not children.needed(child, view.seen):
                await self._kube.delete(child)


def _key(owner: Resource, child: Child) -> Key:
    return Key(child.kind, owner.key.namespace, child.name)


def _covers(is_: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Return whether all that is wanted is there; the API server adds defaults to it."""
    for name, value in wanted.items():
        found = is_.get(name)
        if isinstance(value, Mapping) and isinstance(found, Mapping):
            if not _covers(found, value):
                return False
        elif found != value:
            return False
    return True
