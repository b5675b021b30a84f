"""The operator's finalizer on an object."""

from senlin_operator.kube.client import KubeClient
from senlin_operator.model.cache import Cache
from senlin_operator.model.scope import BaseScope
from senlin_operator.reconcile.sessions import Sessions


class Finalizer:
    def __init__(self, cache: Cache, kube: KubeClient, sessions: Sessions) -> None:
        self._cache = cache
        self._kube = kube
        self._sessions = sessions

    async def ensure(self, scope: BaseScope) -> bool:
        """Add the finalizers of the object and its Secret; return whether the object had none.

        Raises:
            KubeError: Kubernetes refuses it.
        """
        if scope.resource.has_finalizer:
            return False
        await self._sessions.protect_secret(scope.resource.secret_key)
        await self._set(scope, present=True)
        return True

    async def remove(self, scope: BaseScope) -> None:
        """Remove the finalizer of the object.

        Raises:
            KubeError: Kubernetes refuses it.
        """
        await self._set(scope, present=False)

    async def _set(self, scope: BaseScope, *, present: bool) -> None:
        reply = await self._kube.set_finalizer(scope.resource, present=present)
        scope.resource = self._cache.store_reply(scope.resource.key.kind, reply)
