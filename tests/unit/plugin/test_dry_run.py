"""A dry run writes nothing, whatever it is told to do."""

from typing import Any

import pytest

from senlin_operator.kube.access import Access
from senlin_operator.kube.kubeconfig import Context, current
from senlin_operator.kube.objects import Resource
from senlin_operator.plugin.dry_run import DryKube, WouldWrite, refuse_write
from senlin_operator.plugin.names import PLURALS

NOBODY = Context({"server": "http://127.0.0.1:1"}, {})
WEB: dict[str, Any] = {
    "metadata": {"namespace": "shop", "name": "web", "uid": "u1", "resourceVersion": "7"},
    "spec": {"resource": {"minSize": 1}},
}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_it_refuses_each_write(method: str) -> None:
    kube = DryKube(Access(NOBODY, {}), PLURALS)
    try:
        with pytest.raises(WouldWrite):
            await kube.send(method, "/apis/x", query={"dryRun": "None"})
    finally:
        await kube.close()
    with pytest.raises(WouldWrite):
        refuse_write()


async def test_it_answers_the_writes_of_the_operator() -> None:
    kube, web = DryKube(Access(NOBODY, {}), PLURALS), Resource("SenlinCluster", WEB)
    try:
        held = Resource("SenlinCluster", await kube.set_finalizer(web, present=True))
        freed = Resource("SenlinCluster", await kube.set_finalizer(held, present=False))
        sized = Resource("SenlinCluster", await kube.set_size(web, 3))
        await kube.delete(web)
    finally:
        await kube.close()

    assert held.has_finalizer
    assert not freed.has_finalizer
    assert freed.resource_version > held.resource_version > web.resource_version
    assert sized.spec["resource"] == {"minSize": 1, "desiredCapacity": 3}
    assert kube.deleted == [web]


def test_a_named_context_counts_with_its_namespace() -> None:
    document: dict[str, Any] = {
        "clusters": {"a": {"server": "https://a"}, "b": {"server": "https://b"}},
        "users": {},
        "contexts": {"one": {"cluster": "a"}, "two": {"cluster": "b", "namespace": "shop"}},
        "current-context": "one",
    }

    one, two = current(document, "file"), current(document, "file", "two")

    assert (one.cluster["server"], one.namespace) == ("https://a", "default")
    assert (two.cluster["server"], two.namespace) == ("https://b", "shop")
