"""What the API server answers when an object has gone, as the client understands it."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from sandbox import Sandbox
from senlin_operator.kube.client import KubeClient, Vanished
from senlin_operator.kube.objects import SECRET, Resource
from tests.operator.world import PLURALS, World

PROFILE = "SenlinProfile"


def refused(sandbox: Sandbox, ask: Callable[[KubeClient], Awaitable[object]]) -> Resource:
    """Return what has vanished, as the client says."""

    async def asked() -> None:
        kube = await KubeClient.connect(str(sandbox.kubeconfig), PLURALS)
        try:
            await ask(kube)
        finally:
            await kube.close()

    with pytest.raises(Vanished) as refusal:
        asyncio.run(asked())
    return refusal.value.resource


@pytest.mark.parametrize("another", [False, True], ids=["nobody there", "another of that name"])
def test_a_finalizer_for_what_has_gone(idle_world: World, another: bool) -> None:
    idle_world.apply(idle_world.profile())
    raw = idle_world.get(PROFILE, "web-server")
    assert raw
    idle_world.kubectl("delete", "senlinprofile/web-server")
    if another:
        idle_world.apply(idle_world.profile())
    gone = Resource(PROFILE, raw)

    assert refused(idle_world.sandbox, lambda it: it.set_finalizer(gone, present=True)) == gone
    left = idle_world.get(PROFILE, "web-server")
    assert (left is not None) == another
    assert left is None or "finalizers" not in left["metadata"]


def test_a_secret_that_has_gone(idle_world: World) -> None:
    metadata = {"name": "openstack", "namespace": idle_world.namespace, "uid": "none"}
    gone = Resource(SECRET, {"metadata": metadata})

    assert refused(idle_world.sandbox, lambda it: it.get_secret(gone)) == gone
