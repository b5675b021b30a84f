"""Detachment: the resource is deleted, and its cloud object stays, with what that needs."""

import logging

from senlin_operator.kube.client import KubeClient
from senlin_operator.kube.events import Recorder
from senlin_operator.kube.objects import DETACHED, SECRET
from senlin_operator.model.cache import Cache
from senlin_operator.model.outcome import Gone
from senlin_operator.model.scope import Scope
from senlin_operator.reconcile.finalizer import Finalizer

_RECORDED = 100  # detached users of an object; Kubernetes bounds the size of all annotations
_DETACH = {"spec": {"managedOptions": {"onDelete": "detach"}}}
_log = logging.getLogger(__name__)


class Detachment:
    def __init__(
        self, cache: Cache, kube: KubeClient, finalizer: Finalizer, recorder: Recorder
    ) -> None:
        self._cache = cache
        self._kube = kube
        self._finalizer = finalizer
        self._recorder = recorder

    async def detach(self, scope: Scope, why: str = "") -> Gone:
        """Remove the finalizer. No request goes to Senlin, which may not exist any more.

        Args:
            scope: The reconcile.
            why: The end of a sentence: why it is detached, if not by its own manifest.

        Raises:
            NotFound: An object that it owns or uses has vanished; that wakes it again.
            KubeError: Kubernetes refuses a write.
        """
        resource = scope.resource
        await self._detach_dependents(scope)
        await self._tell_used(scope)
        await self._finalizer.remove(scope)
        if not resource.recorded:
            return Gone()
        type_ = scope.kind.resource_type.__name__
        name = (resource.status.get("resource") or {}).get("name", resource.key.name)
        note = f"{type_} {name} stays in Senlin{why}."
        _log.info("Detached", extra={"why": note})
        self._recorder.record(resource, "Normal", "Detached", "Reconcile", note)
        return Gone()

    async def _detach_dependents(self, scope: Scope) -> None:
        """Detach what it owns: Kubernetes deletes that next, and its cloud object still uses it.

        Their manifests may be older than its own, as those of a profile that nodes still have.
        """
        kinds = scope.kind.dependents.kinds - {SECRET} if scope.kind.dependents else ()
        for key in self._cache.dependents(scope.resource):
            owned = self._cache.get(key)
            if owned and key.kind in kinds and not owned.unmanaged and not owned.detaches:
                self._cache.store_reply(key.kind, await self._kube.merge(owned, _DETACH))

    async def _tell_used(self, scope: Scope) -> None:
        """Tell the objects that it refers to: later, nothing else shows that it was detached."""
        user = scope.resource
        for key in scope.kind.references(user):
            used = self._cache.get(key)
            if used is None or used.unmanaged or used.detaches or self._cache.has_members(key):
                continue  # a cluster is deleted with its nodes and its receivers
            if user.uid not in used.detached_users and len(used.detached_users) < _RECORDED:
                body = {"metadata": {"annotations": {f"{DETACHED}{user.uid}": str(user.key)}}}
                self._cache.store_reply(key.kind, await self._kube.merge(used, body))
