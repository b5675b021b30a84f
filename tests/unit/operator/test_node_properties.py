"""Whatever is wanted of a node, and whatever happens to it: plans lead to it, with its server."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from openstack_clustering import Node
from openstack_clustering.exceptions import BadRequest
from senlin_operator.cloud.inventory import OWNER
from senlin_operator.kinds.common import Delete
from senlin_operator.kinds.node import (
    Create,
    Discard,
    Leave,
    Recover,
    Step,
    execute,
    hindrance,
    observe,
    plan,
    verdict,
)
from senlin_operator.kinds.node_observed import Observed
from senlin_operator.kinds.node_spec import Spec
from tests.unit.operator.builders import UID, a_cluster, a_node
from tests.unit.operator.fake_senlin import FakeSenlin
from tests.unit.operator.strategies import PROFILES, maps, names, remediations

STEPS = 8  # more than any way from one spec to another should take
CLUSTERS = ("c1", "c2")
Event = Callable[[FakeSenlin, str], None]
quick = settings(max_examples=100, deadline=None)

specs = st.builds(
    Spec,
    name=names,
    profile_id=st.sampled_from(PROFILES),
    cluster_id=st.sampled_from(["", *CLUSTERS]),
    role=st.sampled_from(["", "first", "second"]),
    metadata=maps,
    tainted=st.booleans(),
    remediation=remediations,
)
limits = st.tuples(st.integers(0, 2), st.sampled_from([-1, 2, 3]))  # least and most of a cluster


def a_senlin(*sizes: tuple[int, int]) -> FakeSenlin:
    """Return a Senlin with two clusters of two nodes each."""
    senlin = FakeSenlin(PROFILES)
    for id_, (least, most) in zip(CLUSTERS, sizes or [(0, -1)] * 2, strict=True):
        cluster = a_cluster(id_, None, min_size=least, max_size=most, desired_capacity=2)
        senlin.put(cluster, [a_node(f"{id_}-{number}") for number in range(2)])
    return senlin


def converge(senlin: FakeSenlin, spec: Spec, id_: str | None = None) -> Observed:
    """Do as the reconciler does: look, plan, take one step, look again."""
    for _ in range(STEPS):
        seen = observe(senlin.look(), id_, UID)
        if seen is not None and not plan(spec, seen):
            return seen
        execute(senlin.proxy, plan(spec, seen)[0], UID)
    raise AssertionError(f"{spec} is not reached by {senlin.requests}")


def is_as_wanted(spec: Spec, seen: Observed) -> bool:
    return (seen.name, seen.profile_id, seen.cluster_id, seen.role, seen.tainted) == (
        spec.name,
        spec.profile_id,
        spec.cluster_id,
        spec.role,
        spec.tainted,
    ) and seen.metadata == {**spec.metadata, OWNER: UID}


def _edit(senlin: FakeSenlin, id_: str) -> None:
    senlin.update_node(id_, name="theirs", role="theirs", metadata={OWNER: UID, "by": "others"})


def _join(senlin: FakeSenlin, id_: str) -> None:
    if not senlin.node(id_).cluster_id:
        senlin.add_nodes_to_cluster("c1", [id_])


def _leave(senlin: FakeSenlin, id_: str) -> None:
    if cluster := senlin.node(id_).cluster_id:
        senlin.remove_nodes_from_cluster(cluster, [id_], destroy_after_deletion=False)


def _doubt(senlin: FakeSenlin, id_: str) -> None:
    """Have Senlin call it broken, though its server works."""
    node = senlin.node(id_)
    doubted = {"status": "ERROR", "status_reason": "Failed in updating server."}
    senlin.put_node(Node({**node.to_dict(), **doubted}), node.cluster_id)


interference = st.lists(st.sampled_from([_edit, _join, _leave, _doubt]), max_size=3)


@quick
@given(specs)
def test_what_is_reached_is_left_alone_and_ready(spec: Spec) -> None:
    senlin = a_senlin()

    seen = converge(senlin, spec)

    assert is_as_wanted(spec, seen)
    assert plan(spec, seen) == []
    assert getattr(verdict(spec, seen), "ready", False)


@quick
@given(specs, interference, specs)
def test_any_change_is_followed_with_the_same_server(
    first: Spec, meanwhile: Sequence[Event], then: Spec
) -> None:
    senlin = a_senlin()
    before = converge(senlin, first)
    for happen in meanwhile:
        with contextlib.suppress(BadRequest):  # there was nothing to change
            happen(senlin, before.id)

    after = converge(senlin, then, before.id)

    assert is_as_wanted(then, after)
    assert (after.id, after.physical_id) == (before.id, before.physical_id)


@quick
@given(specs, specs, limits, limits)
def test_whoever_cannot_get_in_or_out_says_why_and_keeps_its_server(
    first: Spec, then: Spec, one: tuple[int, int], other: tuple[int, int]
) -> None:
    senlin = a_senlin(one, other)
    before = converge(senlin, first)

    after = converge(senlin, then, before.id)

    assert is_as_wanted(then, after) != bool(hindrance(then, after))
    assert after.physical_id == before.physical_id


@quick
@given(specs, st.integers(0, 2), specs)
def test_what_could_not_be_built_is_built_once_it_can_be(
    first: Spec, broken: int, then: Spec
) -> None:
    senlin = a_senlin()
    senlin.broken_builds = broken
    execute(senlin.proxy, Create(first), UID)
    senlin.broken_builds = 0

    seen = converge(senlin, then)

    assert is_as_wanted(then, seen)
    assert [it.id for it in senlin.look().nodes.values() if (it.metadata or {}).get(OWNER)] == [
        seen.id
    ]


@quick
@given(specs, specs)
def test_what_is_lost_is_recovered_or_left_alone(first: Spec, then: Spec) -> None:
    senlin = a_senlin()
    before = converge(senlin, first)
    senlin.servers.discard(before.physical_id or "")
    senlin.check_node(before.id)
    senlin.requests.clear()

    after = converge(senlin, then, before.id)

    assert after.id == before.id
    if then.remediation.recover:
        assert is_as_wanted(then, after)
    else:
        assert (after.status, senlin.requests) == ("ERROR", [])


@quick
@given(specs, specs)
def test_others_are_not_touched(first: Spec, then: Spec) -> None:
    senlin = a_senlin()
    others = [a_node("theirs", "", metadata={OWNER: "x"}), a_node("nobodys", "", name=first.name)]
    for it in others:
        senlin.put_node(it)
    before = senlin.look().nodes

    converge(senlin, first)
    converge(senlin, then)

    after = senlin.look().nodes
    assert {id_: after[id_] for id_ in before} == before


@quick
@given(specs, st.integers(1, 3))
def test_of_several_creations_one_remains(spec: Spec, lost_replies: int) -> None:
    senlin = a_senlin()
    for _ in range(lost_replies):
        execute(senlin.proxy, Create(spec), UID)

    converge(senlin, spec)

    assert sum((it.metadata or {}).get(OWNER) == UID for it in senlin.look().nodes.values()) == 1


observations = st.builds(
    Observed,
    id=st.just("ours"),
    name=names,
    profile_id=st.sampled_from(PROFILES),
    physical_id=st.sampled_from([None, "server"]),
    cluster_id=st.sampled_from(["", *CLUSTERS]),
    role=st.sampled_from(["", "first"]),
    tainted=st.booleans(),
    metadata=maps,
    status=st.sampled_from(["ACTIVE", "ERROR", "WARNING"]),
    unbuilt=st.booleans(),
    left=st.booleans(),
    duplicates=st.sets(st.sampled_from(["twin-1", "twin-2"])).map(tuple),
    around=st.builds(lambda one, other: a_senlin(one, other).look(), limits, limits),
)


def _target(step: Step) -> str:
    assert not isinstance(step, Create)
    return str(getattr(step, "id", ""))


@quick
@given(specs, observations)
def test_no_step_touches_what_is_not_ours(spec: Spec, seen: Observed) -> None:
    assert {_target(step) for step in plan(spec, seen)} <= {seen.id, *seen.duplicates}


@quick
@given(specs, observations)
def test_no_step_costs_a_server_that_may_work(spec: Spec, seen: Observed) -> None:
    for step in plan(spec, seen):
        assert not isinstance(step, Delete) or step.id != seen.id
        assert not isinstance(step, Discard) or seen.unbuilt
        assert not isinstance(step, Leave) or seen.physical_id
        if isinstance(step, Recover) and not seen.unbuilt:
            assert spec.remediation.recover
            assert not seen.works


@quick
@given(specs, observations)
def test_every_step_says_what_it_changes(spec: Spec, seen: Observed) -> None:
    assert all(step.summary for step in plan(spec, seen))


@quick
@given(specs, observations)
def test_a_plan_is_empty_or_its_verdict_is_final(spec: Spec, seen: Observed) -> None:
    """What is neither carried out nor as it should be says why."""
    seen = replace(seen, unbuilt=False, left=False)
    if plan(spec, seen):
        return
    outcome = verdict(spec, seen)
    assert outcome.message
    assert getattr(outcome, "ready", False) == (
        is_as_wanted(spec, replace(seen, metadata={**seen.metadata, OWNER: UID})) and seen.works
    )
