"""Taking over: what exists becomes a resource's own by one step, or it is left as it is."""

from typing import Any

import pytest

from openstack_clustering import Cluster, Node, Profile
from openstack_clustering.exceptions import ServerError
from senlin_operator.kinds import KINDS
from senlin_operator.kube.objects import ADOPT, TAKE_OVER, Key, Resource
from senlin_operator.model.outcome import Outdated
from senlin_operator.model.ownership import OWNER_KEY, entries, with_suffix
from tests.unit.operator.builders import (
    KUBERNETES,
    WITH_FINALIZER,
    Clock,
    Document,
    a_cluster,
    a_cluster_manifest,
    a_node,
    a_node_manifest,
    a_policy,
    a_policy_manifest,
    a_profile,
    a_profile_manifest,
    a_receiver_manifest,
    a_secret_manifest,
    an_owner,
    execute,
)
from tests.unit.operator.environment import FOUR, PROFILE, SMALL, THREE, WEB, Environment
from tests.unit.operator.fake_senlin import FakeSenlin

ONE = Key("SenlinNode", "team", "one")
UUID = "0e0bbb2c-51a9-4a30-9a5e-1a4c1e1a9f5a"  # of a resource that is not in this Kubernetes
OF_EARLIER = entries(an_owner(UUID, WEB))
OF_ELSEWHERE = entries(an_owner(UUID, WEB, "another"))
IMPORT = {"import": {"id": "c9"}}
CONFIRM: dict[str, Any] = {"annotations": {ADOPT: "confirm"}}


def web(resource: Any = THREE, **more: Any) -> Document:
    return a_cluster_manifest("web", resource, **more)


async def with_cluster(env: Environment, metadata: Document, **fields: Any) -> None:
    """Have a profile that is Ready, and a cluster of three nodes that others have made."""
    env.kube.apply(PROFILE)
    await env.converge(2)
    id_ = env.kube[SMALL]["status"]["id"]
    config = {"node.name.format": "web-$8R"}
    cluster = a_cluster("c9", metadata=metadata, profile_id=id_, config=config, **fields)
    nodes = [a_node(it, "c9", profile_id=id_) for it in ("n1", "n2", "n3")]
    env.senlin.put(cluster, nodes)
    await env.poll()
    env.requests()
    env.writes()


async def restore(env: Environment, key: Key, *, status: bool = False) -> None:
    """Have another object of the same name and content in the place of one."""
    old = env.kube[key]
    metadata = {**old["metadata"], "uid": f"restored-{key}", **WITH_FINALIZER}
    kept = {name: it for name, it in old.items() if name != "status" or status}
    env.kube.replace({**kept, "metadata": metadata})
    env.requests()
    await env.converge(2)
    env.clock.advance(15)  # until an absence is believed
    await env.converge(8)
    await env.retry(key, after=4)  # until Kubernetes has collected what the old one owned
    await env.converge(2)


def message(env: Environment, key: Key = WEB) -> str:
    return str(env.condition(key)["message"])


def owner(env: Environment, id_: str = "c9") -> object:
    return env.senlin.cluster(id_).metadata.get(OWNER_KEY)


async def annotate(env: Environment, key: Key, **annotations: str) -> None:
    raw = env.kube[key]
    env.kube.apply({**raw, "metadata": {**raw["metadata"], "annotations": annotations}})
    await env.converge(8)


@pytest.mark.parametrize("status", [False, True])
async def test_what_was_restored_takes_over_what_it_had(env: Environment, status: bool) -> None:
    grow = a_policy_manifest(uid="policy-uid")
    manifests = [PROFILE, web(), grow, a_receiver_manifest(uid="receiver-uid")]
    for manifest in manifests:
        env.kube.apply(manifest)
    await env.converge(8)
    before = {type_: {*objects} for type_, objects in env.senlin.poll().objects.items()}
    keys = [Resource(it["kind"], it).key for it in manifests]

    sent: list[object] = []
    for key in keys:
        await restore(env, key, status=status)
        sent += env.requests()

    assert sent == ["update_profile", "update_cluster", "update_policy", "update_receiver"]
    assert {type_: {*objects} for type_, objects in env.senlin.poll().objects.items()} == before
    for key in keys[:3]:
        assert (env.reason(key), env.kube[key]["status"]["adopted"]["how"]) == ("Ready", "Restore")
    assert not any(note.startswith("Drift") for _, _, note in env.recorder.events)
    assert "TakingOver" in {reason for _, reason, _ in env.recorder.events}


async def test_a_profile_of_other_properties_is_no_restore(env: Environment) -> None:
    env.kube.apply(PROFILE)
    await env.converge(3)
    env.kube.replace(a_profile_manifest(uid="p-uid", resource={"properties": {"flavor": "other"}}))
    await env.converge(3)

    assert (env.reason(SMALL), len(env.senlin.poll().all(Profile))) == ("Ready", 2)
    assert "adopted" not in env.kube[SMALL]["status"]


async def test_what_another_kubernetes_has_waits_for_a_person(env: Environment) -> None:
    await with_cluster(env, OF_ELSEWHERE)

    env.kube.apply(web())
    await env.converge()

    assert (env.reason(WEB), env.requests()) == ("OwnedElsewhere", [])
    assert "SenlinCluster web in namespace team of the Kubernetes another" in message(env)
    await annotate(env, WEB, **{TAKE_OVER: "another id"})
    assert (env.reason(WEB), env.requests()) == ("OwnedElsewhere", [])
    await annotate(env, WEB, **{TAKE_OVER: "c9"})
    assert (env.reason(WEB), env.requests()) == ("Ready", ["update_cluster"])
    adopted = env.kube[WEB]["status"]["adopted"]
    assert (adopted["how"], adopted["takeOver"]) == ("TakeOver", "c9")


async def test_another_one_is_made_if_a_person_says_so(env: Environment) -> None:
    await with_cluster(env, OF_ELSEWHERE)

    env.kube.apply(web(annotations={TAKE_OVER: "new"}))
    await env.converge()

    assert (env.reason(WEB), env.requests()) == ("Ready", ["create_cluster"])
    assert owner(env) == UUID


async def test_a_consent_counts_once(env: Environment) -> None:
    """Two Kubernetes with the same manifests do not fight for an object."""
    await with_cluster(env, OF_ELSEWHERE)
    env.kube.apply(web(annotations={TAKE_OVER: "c9"}))
    await env.converge()
    assert env.reason(WEB) == "Ready"
    env.requests()

    env.senlin.put(Cluster({**env.senlin.cluster("c9").to_dict(), "metadata": OF_ELSEWHERE}))
    await env.converge()
    assert (env.reason(WEB), env.requests()) == ("OwnedElsewhere", [])
    assert "It was taken over from here" in message(env)

    await annotate(env, WEB)
    assert env.reason(WEB) == "OwnedElsewhere"
    await annotate(env, WEB, **{TAKE_OVER: "c9"})
    assert (env.reason(WEB), env.requests()) == ("Ready", ["update_cluster"])


async def test_a_status_does_not_outweigh_the_marker_of_another(
    ready_env: Environment,
) -> None:
    env = ready_env
    id_ = env.kube[WEB]["status"]["id"]
    env.senlin.put(Cluster({**env.senlin.cluster(id_).to_dict(), "metadata": OF_ELSEWHERE}))
    env.kube.apply(web(FOUR))
    await env.converge()
    assert (env.reason(WEB), env.requests()) == ("OwnedElsewhere", [])

    env.kube.remove(WEB)
    await env.converge()

    assert (WEB in env.kube, env.requests()) == (False, [])
    assert "stays in Senlin, as it is managed by" in env.recorder.events[-1][2]


@pytest.mark.parametrize("theirs", [KUBERNETES, ""], ids=["known", "unknown"])
async def test_an_unknown_kubernetes_takes_over_nothing_by_itself(
    clock: Clock, theirs: str
) -> None:
    env = Environment(clock)
    env.kubernetes = ""
    env.controller = env.new_controller()
    async with env.running():
        env.kube.apply(a_secret_manifest())
        await with_cluster(env, entries(an_owner(UUID, WEB, theirs)))
        env.kube.apply(web())
        await env.converge()

        assert (env.reason(WEB), env.requests()) == ("OwnedElsewhere", [])


async def test_an_import_that_differs_waits_for_a_confirmation(env: Environment) -> None:
    await with_cluster(env, {}, timeout=1800)

    env.kube.apply(web(FOUR, spec=IMPORT))
    await env.converge()

    assert (env.reason(WEB), env.requests()) == ("AdoptionPending", [])
    assert "timeout 1800 → 3600; desiredCapacity 3 → 4" in message(env)
    await annotate(env, WEB, **{ADOPT: "confirm"})
    assert env.reason(WEB) == "Ready"
    assert env.requests() == ["update_cluster", "update_cluster", "resize_cluster"]
    assert env.kube[WEB]["status"]["adopted"]["how"] == "Import"


async def test_an_import_without_a_difference_is_taken_over_at_once(env: Environment) -> None:
    await with_cluster(env, {})

    env.kube.apply(web(spec=IMPORT))
    await env.converge()

    assert (env.reason(WEB), env.requests()) == ("Ready", ["update_cluster"])
    assert env.writes() == [
        ("add finalizer", "web"),
        ("status", "web"),
        ("status", "web"),
    ]


async def test_what_senlin_cannot_change_is_not_imported(env: Environment) -> None:
    env.senlin.put_profile(a_profile("p9", None))
    other = {"properties": {"flavor": "other"}}
    raw = a_profile_manifest("small", other, spec={"import": {"id": "p9"}}, **CONFIRM)

    env.kube.apply(raw)
    await env.converge()

    assert (env.reason(SMALL), env.requests()) == ("AdoptionPending", [])
    assert "(properties (flavor))" in message(env, SMALL)


async def test_what_is_in_error_is_imported_later(env: Environment) -> None:
    await with_cluster(env, {}, status="ERROR")
    env.kube.apply(web(spec=IMPORT, **CONFIRM))
    await env.converge()
    assert (env.reason(WEB), env.requests()) == ("AdoptionPending", [])

    env.senlin.check_cluster("c9")
    await env.poll()
    await env.retry(WEB, after=31)
    await env.converge()

    assert env.reason(WEB) == "Ready"


@pytest.mark.parametrize("marker_lost", [False, True])
async def test_what_another_resource_manages_is_not_imported(
    ready_env: Environment, marker_lost: bool
) -> None:
    env = ready_env
    id_ = env.kube[WEB]["status"]["id"]
    if marker_lost:
        env.senlin.put(Cluster({**env.senlin.cluster(id_).to_dict(), "metadata": {}}))
    spec = {"import": {"id": id_}}
    raw = a_cluster_manifest("shop", THREE, uid="shop-uid", spec=spec, **CONFIRM)

    shop = env.kube.apply(raw)
    await env.converge()

    assert env.reason(shop) == "OwnedElsewhere"
    assert "is managed by SenlinCluster web" in message(env, shop)
    assert owner(env, id_) == env.kube[WEB]["metadata"]["uid"]


async def test_an_import_that_vanishes_is_made_again(env: Environment) -> None:
    await with_cluster(env, {})
    env.kube.apply(web(spec=IMPORT))
    await env.converge()
    env.requests()

    env.senlin.vanish("c9")
    await annotate(env, WEB, **{"senlin.openstack.org/reconcile-requested-at": "now"})

    assert (env.reason(WEB), env.requests()) == ("Ready", ["create_cluster"])


async def test_a_claim_whose_reply_was_lost_is_not_sent_again(env: Environment) -> None:
    await with_cluster(env, {})
    env.senlin.lose_reply = True

    env.kube.apply(web(spec=IMPORT))
    await env.converge(2)
    env.clock.advance(10)
    await env.converge()

    assert (env.reason(WEB), env.requests()) == ("Ready", ["update_cluster"])


@pytest.mark.parametrize("taken_from", [None, "an earlier one"])
def test_a_claim_reads_the_marker_just_before(taken_from: str | None) -> None:
    """Another Kubernetes has taken the objects over since the poll."""
    senlin = FakeSenlin(["p1"])
    senlin.put(a_cluster("c9", metadata=OF_ELSEWHERE))
    senlin.put_policy(a_policy("y9", name=with_suffix("grow", an_owner(UUID))))

    for kind, id_ in (("SenlinCluster", "c9"), ("SenlinPolicy", "y9")):
        with pytest.raises(Outdated):
            execute(senlin.proxy, KINDS[kind].claim(id_, "", taken_from))
        execute(senlin.proxy, KINDS[kind].claim(id_, "", UUID))

    assert [verb for verb, *_ in senlin.requests] == ["update_cluster", "update_policy"]


async def test_what_is_restored_in_error_is_repaired_and_gets_its_marker(env: Environment) -> None:
    await with_cluster(env, OF_EARLIER, status="ERROR")

    env.kube.apply(web())
    await env.converge(8)

    assert env.reason(WEB) == "Ready"
    assert env.requests() == ["check_cluster", "update_cluster"]
    assert owner(env) == env.kube[WEB]["metadata"]["uid"]


async def test_the_marker_of_an_earlier_version_is_completed_once(ready_env: Environment) -> None:
    env = ready_env
    id_, uid = env.kube[WEB]["status"]["id"], env.kube[WEB]["metadata"]["uid"]
    document = env.senlin.cluster(id_).to_dict()
    env.senlin.put(Cluster({**document, "metadata": {OWNER_KEY: uid}}))
    await env.converge()

    assert env.requests() == ["update_cluster"]
    assert env.senlin.cluster(id_).metadata == entries(an_owner(uid, WEB))
    assert (env.writes(), env.recorder.events) == ([], [])


async def test_a_marker_that_senlin_does_not_take_harms_nothing(ready_env: Environment) -> None:
    env = ready_env
    id_ = env.kube[WEB]["status"]["id"]
    env.senlin.put(Cluster({**env.senlin.cluster(id_).to_dict(), "metadata": {}}))
    env.senlin.refusals.append(ServerError("boom"))
    await env.converge()

    assert (env.reason(WEB), env.requests()) == ("Ready", ["update_cluster"])
    assert env.writes() == []


@pytest.mark.parametrize("restored", [True, False], ids=["restored", "imported"])
async def test_no_node_is_removed_while_a_member_is_taken_over(
    ready_env: Environment, restored: bool
) -> None:
    env = ready_env
    cluster = env.kube[WEB]["status"]["id"]
    member = next(it for it in env.senlin.poll().all(Node).values() if it.cluster_id == cluster)
    metadata = entries(an_owner(UUID, ONE)) if restored else {}
    document = {**member.to_dict(), "metadata": metadata, "name": "one"}
    env.senlin.put_node(Node(document), cluster)
    spec = {} if restored else {"import": {"id": member.id}}
    before = {*env.senlin.poll().all(Node)}

    env.kube.apply(a_node_manifest("one", {"clusterRef": {"name": "web"}}, uid="n-uid", spec=spec))
    await env.converge(8)
    await env.retry(WEB, after=5)
    await env.converge(3)

    assert (env.reason(ONE), env.reason(WEB)) == ("Ready", "Ready")
    assert {*env.senlin.poll().all(Node)} == before
    assert env.requests() == ["update_node"]


async def test_a_restore_needs_no_references(env: Environment) -> None:
    await with_cluster(env, OF_EARLIER)
    env.kube.remove(SMALL)  # waits, as the cluster uses the profile in Senlin
    await env.converge(2)

    env.kube.apply(web())
    await env.converge()

    assert (env.reason(WEB), owner(env)) == ("Ready", env.kube[WEB]["metadata"]["uid"])
    assert env.reason(SMALL) == "InUse"


async def test_what_is_owned_by_nobody_any_more_takes_over_nothing(env: Environment) -> None:
    """Kubernetes will delete it; the new owner makes one that takes over."""
    env.senlin.put_profile(a_profile("p9", metadata=entries(an_owner(UUID, SMALL))))
    # No cluster has this uid. What has an unknown one is deleted at once by the fake Kubernetes.
    reference = {"kind": "SenlinCluster", "uid": "secret-uid", "controller": True}

    env.kube.apply(a_profile_manifest(ownerReferences=[reference], **WITH_FINALIZER))
    await env.converge(2)
    env.clock.advance(15)  # until an absence is believed
    await env.converge(2)

    assert (env.reason(SMALL), env.requests()) == ("ReferenceMissing", [])
