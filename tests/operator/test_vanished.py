"""How our client understands the API server's answers about an object that was deleted."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from sandbox import Sandbox
from senlin_operator.kube.client import KubeClient, NotFound
from senlin_operator.kube.objects import SECRET, Resource
from tests.operator.tenant import PLURALS, Tenant

PROFILE = "SenlinProfile"


def refused(sandbox: Sandbox, ask: Callable[[KubeClient], Awaitable[object]]) -> Resource:
    """Return what has vanished, as the client says."""

    async def asked() -> None:
        kube = await KubeClient.connect(str(sandbox.kubeconfig), PLURALS)
        try:
            await ask(kube)
        finally:
            await kube.close()

    with pytest.raises(NotFound) as refusal:
        asyncio.run(asked())
    return refusal.value.resource


@pytest.mark.parametrize("another", [False, True], ids=["nobody there", "another of that name"])
def test_a_finalizer_for_a_deleted_object(idle_tenant: Tenant, another: bool) -> None:
    idle_tenant.apply(idle_tenant.profile())
    raw = idle_tenant.get(PROFILE, "web-server")
    assert raw
    idle_tenant.kubectl("delete", "senlinprofile/web-server")
    if another:
        idle_tenant.apply(idle_tenant.profile())
    gone = Resource(PROFILE, raw)

    assert refused(idle_tenant.sandbox, lambda it: it.set_finalizer(gone, present=True)) == gone
    left = idle_tenant.get(PROFILE, "web-server")
    assert (left is not None) == another
    assert left is None or "finalizers" not in left["metadata"]


def test_a_deleted_secret(idle_tenant: Tenant) -> None:
    metadata = {"name": "openstack", "namespace": idle_tenant.namespace, "uid": "none"}
    gone = Resource(SECRET, {"metadata": metadata})

    assert refused(idle_tenant.sandbox, lambda it: it.get_secret(gone)) == gone
