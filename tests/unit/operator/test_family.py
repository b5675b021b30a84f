"""The Kubernetes objects that a cluster makes and owns."""

import pytest

from openstack_clustering import Cluster, Profile
from senlin_operator.kinds.cluster.template import profile_name
from senlin_operator.kube.client import KubeError
from senlin_operator.kube.objects import Key, Resource
from tests.unit.operator.builders import (
    UID,
    Document,
    a_cluster_manifest,
    a_profile_manifest,
    a_template_manifest,
)
from tests.unit.operator.fake_world import WEB, World

TWO = {"desiredCapacity": 2, "maxSize": 5}
MIRROR = {"profileRef": {"name": "small"}, "desiredCapacity": 2, "members": "Mirror"}


def a_template(flavor: str = "m1.tiny") -> Document:
    return a_template_manifest(flavor, TWO)


def profile_of(raw: Document) -> Key:
    return Key("SenlinProfile", "team", profile_name(Resource("SenlinCluster", raw)))


TINY, LARGE = profile_of(a_template()), profile_of(a_template("m1.large"))


@pytest.fixture
async def templated(world: World) -> World:
    """Return a world with a cluster of two, made by its own template, and at rest."""
    world.kube.apply(a_template())
    await world.converge()
    assert (world.reason(WEB), world.reason(TINY)) == ("Ready", "Ready")
    world.requests()
    world.writes()
    return world


async def test_the_profile_of_a_template_is_made_and_owned(world: World) -> None:
    world.kube.apply(a_template())

    await world.converge()

    assert world.requests() == ["create_profile", "create_cluster"]
    child = Resource(TINY.kind, world.kube[TINY])
    assert child.controller_uid == UID
    assert world.senlin.cluster(world.kube[WEB]["status"]["id"]).profile_id == child.cloud_id
    assert world.reason(WEB) == "Ready"


async def test_what_the_api_server_fills_in_is_no_difference(templated: World) -> None:
    await templated.retry(WEB)
    await templated.converge(2)

    assert templated.writes() == []


async def test_a_child_that_differs_is_mended(templated: World) -> None:
    raw = templated.kube[TINY]
    templated.kube.apply({**raw, "spec": {**raw["spec"], "resyncPeriod": "1s"}})

    await templated.retry(WEB)

    assert templated.kube[TINY]["spec"]["resyncPeriod"] == "10m"
    assert ("child", TINY.name) in templated.writes()


async def test_a_child_that_somebody_deletes_is_made_again_when_it_has_gone(
    templated: World,
) -> None:
    old = templated.kube[TINY]["metadata"]["uid"]

    templated.kube.remove(TINY)
    await templated.converge()
    assert templated.reason(TINY) == "InUse"

    templated.kube.remove(WEB)
    await templated.converge()
    templated.kube.apply(a_template())
    await templated.converge()

    assert templated.kube[TINY]["metadata"]["uid"] != old
    assert templated.reason(WEB) == "Ready"


async def test_another_content_is_another_profile_and_the_old_one_goes_at_last(
    templated: World,
) -> None:
    templated.senlin.slow = True
    templated.kube.apply(a_template("m1.large"))
    await templated.converge(3)
    assert templated.requests() == ["create_profile", "update_cluster"]
    assert TINY in templated.kube
    assert "deletionTimestamp" not in templated.kube[TINY]["metadata"]

    templated.senlin.finish()
    await templated.converge()

    assert templated.requests() == ["delete_profile"]
    assert TINY not in templated.kube
    assert len(templated.senlin.poll().all(Profile)) == 1
    assert (templated.reason(WEB), templated.reason(LARGE)) == ("Ready", "Ready")


async def test_the_profile_that_an_action_rolls_to_stays_till_its_end(templated: World) -> None:
    """Whatever is wanted meanwhile; Senlin itself does not count it as used yet."""
    templated.senlin.slow = True
    templated.kube.apply(a_template("m1.large"))
    await templated.converge(3)
    assert templated.requests() == ["create_profile", "update_cluster"]

    templated.kube.apply(a_template("m1.tiny"))
    await templated.converge(3)
    assert "deletionTimestamp" not in templated.kube[LARGE]["metadata"]

    templated.senlin.slow = False
    templated.senlin.finish()
    await templated.converge(8)

    assert templated.reason(WEB) == "Ready"
    assert LARGE not in templated.kube


async def test_an_old_profile_stays_while_a_node_is_made_of_it(templated: World) -> None:
    id_ = templated.kube[WEB]["status"]["id"]
    broken = templated.senlin.members(id_)[0]
    templated.kube.apply(a_template("none"))  # no node can be moved to that
    await templated.converge()

    assert broken["profile_id"] == templated.kube[TINY]["status"]["id"]
    assert "deletionTimestamp" not in templated.kube[TINY]["metadata"]


async def test_a_name_that_somebody_else_has_is_told(world: World) -> None:
    world.kube.apply(a_profile_manifest(TINY.name, uid="theirs"))
    before = world.kube[TINY]["spec"]

    world.kube.apply(a_template())
    await world.converge()

    assert world.reason(WEB) == "NameTaken"
    assert TINY.name in world.condition(WEB)["message"]
    assert world.kube[TINY]["spec"] == before
    assert world.requests() == ["create_profile"]  # theirs


async def test_the_end_of_a_namesake_s_child_is_waited_for(templated: World) -> None:
    """The cluster was deleted with `--cascade=orphan`, or its child takes longer to go."""
    old = templated.kube[TINY]
    templated.kube.apply({**old, "metadata": {**old["metadata"], "finalizers": ["a.test/slow"]}})
    templated.kube.remove(WEB)
    await templated.converge()
    templated.kube.apply(a_template_manifest("m1.tiny", TWO, uid="another"))
    await templated.converge()
    assert templated.reason(WEB) == "ReferenceMissing"
    assert "is being deleted" in templated.condition(WEB)["message"]

    templated.kube.apply(
        {**templated.kube[TINY], "metadata": {**old["metadata"], "finalizers": []}}
    )
    await templated.converge()

    assert templated.reason(WEB) == "Ready"


async def test_a_child_goes_with_its_owner(templated: World) -> None:
    templated.kube.remove(WEB)

    await templated.converge()

    assert WEB not in templated.kube
    assert TINY not in templated.kube
    assert templated.senlin.poll().all(Profile) == {}


async def test_a_child_goes_before_its_owner_in_a_foreground_deletion(templated: World) -> None:
    templated.kube.remove(WEB, foreground=True)

    await templated.converge()

    assert WEB not in templated.kube
    assert TINY not in templated.kube
    assert templated.senlin.poll().all(Cluster) == templated.senlin.poll().all(Profile) == {}


async def test_a_template_that_becomes_a_reference_lets_its_profile_go(templated: World) -> None:
    templated.kube.apply(a_profile_manifest("small", uid="small-uid"))
    templated.kube.apply(a_cluster_manifest("web", TWO))

    await templated.converge(8)

    assert TINY not in templated.kube
    assert templated.reason(WEB) == "Ready"


async def test_children_are_tried_again_when_kubernetes_refuses_them(world: World) -> None:
    await world.poll()
    world.kube.refusals.append(KubeError(500, "etcd is away"))
    world.kube.apply(a_template())
    await world.poll()
    assert TINY not in world.kube

    await world.retry(WEB, after=10)
    await world.converge()

    assert world.reason(WEB) == "Ready"


async def test_members_are_mirrored(settled: World) -> None:
    settled.kube.apply(a_cluster_manifest("web", MIRROR))
    await settled.converge()

    mirrors = settled.kube.keys("SenlinNode")
    members = settled.senlin.members(settled.kube[WEB]["status"]["id"])
    assert [settled.kube[key]["status"]["id"] for key in mirrors] == [it["id"] for it in members]
    assert {settled.reason(key) for key in mirrors} == {"Ready"}

    settled.kube.apply(a_cluster_manifest("web", MIRROR | {"desiredCapacity": 1}))
    await settled.converge()

    assert len(settled.kube.keys("SenlinNode")) == 1


async def test_mirrors_go_when_nobody_asks_for_them_any_more(settled: World) -> None:
    settled.kube.apply(a_cluster_manifest("web", MIRROR))
    await settled.converge()

    settled.kube.apply(a_cluster_manifest("web", MIRROR | {"members": "Summary"}))
    await settled.converge()

    assert settled.kube.keys("SenlinNode") == []
    assert len(settled.senlin.members(settled.kube[WEB]["status"]["id"])) == 2
