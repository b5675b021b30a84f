"""For any desired state of a node: its plans lead there, and the node keeps its server."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from openstack_clustering import Node
from openstack_clustering.exceptions import BadRequest
from senlin_operator.kinds.node.desired import Desired
from senlin_operator.kinds.node.membership import membership_blocked
from senlin_operator.kinds.node.observed import Observed, observe
from senlin_operator.kinds.node.plan import plan
from senlin_operator.kinds.node.status import readiness
from senlin_operator.kinds.node.steps import Create, Delete, Leave, Recover, ReplaceUnbuilt
from senlin_operator.model.ownership import OWNER_KEY
from senlin_operator.model.step import Step
from tests.unit.operator.builders import UID, a_cluster, a_node, execute, the_marker
from tests.unit.operator.fake_senlin import FakeSenlin
from tests.unit.operator.strategies import PROFILES, maps, names, remediations

STEPS = 8  # more than any change of the desired state should take
CLUSTERS = ("c1", "c2")
Event = Callable[[FakeSenlin, str], None]
quick = settings(max_examples=100, deadline=None)

desired_states = st.builds(
    Desired,
    name=names,
    profile_id=st.sampled_from(PROFILES),
    cluster_id=st.sampled_from(["", *CLUSTERS]),
    role=st.sampled_from(["", "first", "second"]),
    metadata=maps,
    tainted=st.booleans(),
    remediation=remediations,
)
limits = st.tuples(
    st.integers(0, 2), st.sampled_from([-1, 2, 3])
)  # minSize and maxSize of a cluster


def a_senlin(*sizes: tuple[int, int]) -> FakeSenlin:
    """Return a Senlin with two clusters of two nodes each."""
    senlin = FakeSenlin(PROFILES)
    for id_, (min_size, max_size) in zip(CLUSTERS, sizes or [(0, -1)] * 2, strict=True):
        cluster = a_cluster(id_, None, min_size=min_size, max_size=max_size, desired_capacity=2)
        senlin.put(cluster, [a_node(f"{id_}-{number}") for number in range(2)])
    return senlin


def converge(senlin: FakeSenlin, desired: Desired, id_: str | None = None) -> Observed:
    """Do as the reconciler does: observe, plan, take one step, observe again."""
    for _ in range(STEPS):
        observed = observe(senlin.poll(), id_, UID)
        if observed is not None and not plan(desired, observed):
            return observed
        execute(senlin.proxy, plan(desired, observed)[0], UID)
    raise AssertionError(f"{desired} is not reached by {senlin.requests}")


def is_as_desired(desired: Desired, observed: Observed) -> bool:
    return (
        observed.name,
        observed.profile_id,
        observed.cluster_id,
        observed.role,
        observed.tainted,
    ) == (
        desired.name,
        desired.profile_id,
        desired.cluster_id,
        desired.role,
        desired.tainted,
    ) and observed.metadata == {**desired.metadata, **the_marker()}


def _edit(senlin: FakeSenlin, id_: str) -> None:
    senlin.update_node(id_, name="theirs", role="theirs", metadata={**the_marker(), "by": "others"})


def _join(senlin: FakeSenlin, id_: str) -> None:
    if not senlin.node(id_).cluster_id:
        senlin.add_nodes_to_cluster("c1", [id_])


def _leave(senlin: FakeSenlin, id_: str) -> None:
    if cluster := senlin.node(id_).cluster_id:
        senlin.remove_nodes_from_cluster(cluster, [id_], destroy_after_deletion=False)


def _report_broken(senlin: FakeSenlin, id_: str) -> None:
    """Have Senlin report the node as broken, though its server works."""
    node = senlin.node(id_)
    broken = {"status": "ERROR", "status_reason": "Failed in updating server."}
    senlin.put_node(Node({**node.to_dict(), **broken}), node.cluster_id)


interference = st.lists(st.sampled_from([_edit, _join, _leave, _report_broken]), max_size=3)


@quick
@given(desired_states)
def test_a_converged_node_is_ready_and_needs_no_step(desired: Desired) -> None:
    senlin = a_senlin()

    observed = converge(senlin, desired)

    assert is_as_desired(desired, observed)
    assert plan(desired, observed) == []
    assert getattr(readiness(desired, observed), "ready", False)


@quick
@given(desired_states, interference, desired_states)
def test_any_change_converges_with_the_same_server(
    first: Desired, meanwhile: Sequence[Event], then: Desired
) -> None:
    senlin = a_senlin()
    before = converge(senlin, first)
    for interfere in meanwhile:
        with contextlib.suppress(BadRequest):  # there was nothing to change
            interfere(senlin, before.id)

    after = converge(senlin, then, before.id)

    assert is_as_desired(then, after)
    assert (after.id, after.physical_id) == (before.id, before.physical_id)


@quick
@given(desired_states, desired_states, limits, limits)
def test_a_node_that_cannot_join_or_leave_says_why_and_keeps_its_server(
    first: Desired, then: Desired, one: tuple[int, int], other: tuple[int, int]
) -> None:
    senlin = a_senlin(one, other)
    before = converge(senlin, first)

    after = converge(senlin, then, before.id)

    assert is_as_desired(then, after) != bool(membership_blocked(then, after))
    assert after.physical_id == before.physical_id


@quick
@given(desired_states, st.integers(0, 2), desired_states)
def test_an_unbuilt_node_is_built_once_that_is_possible(
    first: Desired, broken: int, then: Desired
) -> None:
    senlin = a_senlin()
    senlin.broken_builds = broken
    execute(senlin.proxy, Create(first), UID)
    senlin.broken_builds = 0

    observed = converge(senlin, then)

    assert is_as_desired(then, observed)
    assert [
        it.id for it in senlin.poll().all(Node).values() if (it.metadata or {}).get(OWNER_KEY)
    ] == [observed.id]


@quick
@given(desired_states, desired_states)
def test_a_lost_node_is_recovered_or_left_alone(first: Desired, then: Desired) -> None:
    senlin = a_senlin()
    before = converge(senlin, first)
    senlin.servers.discard(before.physical_id or "")
    senlin.check_node(before.id)
    senlin.requests.clear()

    after = converge(senlin, then, before.id)

    assert after.id == before.id
    if then.remediation.recover:
        assert is_as_desired(then, after)
    else:
        assert (after.status, senlin.requests) == ("ERROR", [])


@quick
@given(desired_states, desired_states)
def test_nodes_of_others_are_not_changed(first: Desired, then: Desired) -> None:
    senlin = a_senlin()
    others = [
        a_node("theirs", "", metadata={OWNER_KEY: "x"}),
        a_node("nobodys", "", name=first.name),
    ]
    for it in others:
        senlin.put_node(it)
    before = senlin.poll().all(Node)

    converge(senlin, first)
    converge(senlin, then)

    after = senlin.poll().all(Node)
    assert {id_: after[id_] for id_ in before} == before


@quick
@given(desired_states, st.integers(1, 3))
def test_one_of_several_creations_remains(desired: Desired, lost_replies: int) -> None:
    senlin = a_senlin()
    for _ in range(lost_replies):
        execute(senlin.proxy, Create(desired), UID)

    converge(senlin, desired)

    assert (
        sum((it.metadata or {}).get(OWNER_KEY) == UID for it in senlin.poll().all(Node).values())
        == 1
    )


observations = st.builds(
    Observed,
    id=st.just("n1"),
    name=names,
    profile_id=st.sampled_from(PROFILES),
    physical_id=st.sampled_from([None, "server"]),
    cluster_id=st.sampled_from(["", *CLUSTERS]),
    role=st.sampled_from(["", "first"]),
    tainted=st.booleans(),
    metadata=maps,
    status=st.sampled_from(["ACTIVE", "ERROR", "WARNING"]),
    unbuilt=st.booleans(),
    interrupted=st.booleans(),
    duplicates=st.sets(st.sampled_from(["duplicate-1", "duplicate-2"])).map(tuple),
    snapshot=st.builds(lambda one, other: a_senlin(one, other).poll(), limits, limits),
)


def _target(step: Step) -> str:
    assert not isinstance(step, Create)
    return str(getattr(step, "id", ""))


@quick
@given(desired_states, observations)
def test_every_step_is_for_the_node_or_its_duplicates(desired: Desired, observed: Observed) -> None:
    assert {_target(step) for step in plan(desired, observed)} <= {
        observed.id,
        *observed.duplicates,
    }


@quick
@given(desired_states, observations)
def test_no_step_destroys_a_server_that_may_work(desired: Desired, observed: Observed) -> None:
    for step in plan(desired, observed):
        assert not isinstance(step, Delete) or step.id != observed.id
        assert not isinstance(step, ReplaceUnbuilt) or observed.unbuilt
        assert not isinstance(step, Leave) or observed.physical_id
        if isinstance(step, Recover) and not observed.unbuilt:
            assert desired.remediation.recover
            assert not observed.works


@quick
@given(desired_states, observations)
def test_every_step_has_a_summary(desired: Desired, observed: Observed) -> None:
    assert all(step.summary for step in plan(desired, observed))


@quick
@given(desired_states, observations)
def test_without_a_step_readiness_has_a_message_and_is_right(
    desired: Desired, observed: Observed
) -> None:
    """A difference that no step removes has a reason."""
    observed = replace(observed, unbuilt=False, interrupted=False)
    if plan(desired, observed):
        return
    outcome = readiness(desired, observed)
    assert outcome.message
    assert getattr(outcome, "ready", False) == (
        is_as_desired(desired, replace(observed, metadata={**observed.metadata, **the_marker()}))
        and observed.works
    )
