"""For any desired state of a cluster: its plans lead there, and change nothing else."""

import contextlib
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from openstack_clustering.exceptions import BadRequest
from senlin_operator.kinds.cluster.desired import Desired
from senlin_operator.kinds.cluster.observed import Observed, observe
from senlin_operator.kinds.cluster.plan import plan
from senlin_operator.kinds.cluster.status import readiness
from senlin_operator.kinds.cluster.steps import Create, Recover, RemoveNodes, Resize, UpdateNode
from senlin_operator.kinds.shared import bindings
from senlin_operator.kinds.shared.remediation import health_policy
from senlin_operator.model.outcome import Settled
from senlin_operator.model.step import Step
from tests.unit.operator.builders import UID, a_cluster, a_node, a_policy, execute
from tests.unit.operator.fake_senlin import FakeSenlin
from tests.unit.operator.strategies import (
    POLICIES,
    PROFILES,
    Event,
    as_desired,
    desired_states,
    interference,
    memberships,
    observations,
)

STEPS = 24  # more than any change of the desired state should take: six nodes are replaced in 12
quick = settings(max_examples=50, deadline=None)


def a_senlin() -> FakeSenlin:
    senlin = FakeSenlin(PROFILES)
    for id_ in POLICIES:
        spec = {"type": f"senlin.policy.{id_}", "version": "1.0"}
        senlin.put_policy(a_policy(id_, uid=None, name=id_, spec=spec))
    return senlin


def observed_in(senlin: FakeSenlin, id_: str | None = None) -> Observed | None:
    """Return the cluster as the operator observes it, with its bindings."""
    observed = observe(senlin.poll(), id_, UID)
    return (
        replace(observed, policies=bindings.fetch(senlin.proxy, observed.id)) if observed else None
    )


def converge(senlin: FakeSenlin, desired: Desired, id_: str | None = None) -> Observed:
    """Do as the reconciler does: observe, plan, take one step, observe again."""
    for _ in range(STEPS):
        observed = observed_in(senlin, id_)
        if observed is not None and not plan(desired, observed):
            return observed
        execute(senlin.proxy, plan(desired, observed)[0], UID)
    raise AssertionError(f"{desired} is not reached by {senlin.requests}")


def is_as_desired(desired: Desired, observed: Observed) -> bool:
    outcome = readiness(desired, observed)
    return (
        isinstance(outcome, Settled)
        and outcome.ready
        and (observed.profile_id, observed.name) == (desired.profile_id, desired.name)
        and (observed.min_size, observed.max_size) == (desired.min_size, desired.max_size)
        and observed.nodes == observed.desired_capacity == desired.desired_capacity
        and (desired.policies is None or set(observed.policies) == set(desired.policies))
    )


@quick
@given(desired_states())
def test_a_cluster_without_a_difference_needs_no_step(desired: Desired) -> None:
    assert plan(desired, as_desired(desired)) == []


@quick
@given(memberships(), observations())
def test_every_step_is_for_the_cluster_or_its_duplicates(
    desired: Desired, observed: Observed
) -> None:
    steps = plan(desired, observed)

    assert not any(isinstance(step, Create) for step in steps)
    assert {_target(step) for step in steps} <= {observed.id, *observed.duplicates}


def _target(step: Step) -> str:
    match step:
        case Create():
            return ""
        case bindings.Attach() | bindings.Switch() | bindings.Detach():
            return step.cluster_id
        case _:
            return str(getattr(step, "id"))  # noqa: B009 - all other steps for a cluster have one


@quick
@given(memberships(), observations())
def test_no_declared_node_is_removed(desired: Desired, observed: Observed) -> None:
    """Neither by its id nor by a resize that lets Senlin choose; members that leave count, too."""
    declared = {
        observed.members_by_owner[it]
        for it in observed.members_by_owner.keys() & (dict(desired.declared) | leave(desired))
    }
    nodes = observed.nodes
    for step in plan(desired, observed):
        if isinstance(step, RemoveNodes):
            assert not declared & set(step.nodes)
            nodes -= len(step.nodes)
        if isinstance(step, Resize) and desired.fixed_size:
            assert step.number >= nodes or not declared


def leave(desired: Desired) -> dict[str, str]:
    return dict.fromkeys(desired.leaving, "")


@quick
@given(memberships(), observations())
def test_no_declared_node_is_changed_by_its_cluster(desired: Desired, observed: Observed) -> None:
    changed = {step.node for step in plan(desired, observed) if isinstance(step, UpdateNode)}

    assert not changed & set(observed.members_by_owner.values())


@quick
@given(desired_states(), observations())
def test_lost_nodes_are_recovered_only_if_remediation_allows_it(
    desired: Desired, observed: Observed
) -> None:
    recovers = [step for step in plan(desired, observed) if isinstance(step, Recover)]

    assert len(recovers) <= 1
    if recovers and observed.lost:
        assert desired.remediation.recover
        assert desired.remediation.allows(observed.lost, observed.nodes)
        assert health_policy(desired.remediation, observed.policies) is None


@quick
@given(memberships(), observations())
def test_every_step_has_a_summary(desired: Desired, observed: Observed) -> None:
    assert all(step.summary for step in plan(desired, observed))


@quick
@given(desired_states(), interference, desired_states())
def test_any_change_converges(first: Desired, meanwhile: Sequence[Event], then: Desired) -> None:
    senlin = a_senlin()
    id_ = converge(senlin, first).id
    for interfere in meanwhile:
        with contextlib.suppress(BadRequest):  # there was nothing to change
            interfere(senlin, id_)

    observed = converge(senlin, then, id_)

    assert observed.id == id_
    assert is_as_desired(then, observed)


@quick
@given(desired_states(), desired_states(), st.integers(1, 6))
def test_unbuilt_nodes_are_built_once_that_is_possible(
    first: Desired, then: Desired, broken: int
) -> None:
    senlin = a_senlin()
    senlin.broken_builds = broken
    execute(senlin.proxy, Create(first), UID)
    senlin.broken_builds = 0

    assert is_as_desired(then, converge(senlin, then))


@quick
@given(desired_states(), desired_states())
def test_clusters_of_others_are_not_changed(first: Desired, then: Desired) -> None:
    senlin = a_senlin()
    others = [a_cluster("theirs", uid="their uid"), a_cluster("nobodys", uid=None, name=first.name)]
    for other in others:
        senlin.put(other, [a_node(f"node-of-{other.id}")])
    before = [senlin.cluster(it.id).to_dict() for it in others]

    converge(senlin, first)
    converge(senlin, then)

    assert [senlin.cluster(it.id).to_dict() for it in others] == before


@quick
@given(desired_states(), st.integers(1, 3))
def test_one_of_several_creations_remains(desired: Desired, lost_replies: int) -> None:
    senlin = a_senlin()
    for _ in range(lost_replies):
        execute(senlin.proxy, Create(desired), UID)

    converge(senlin, desired)

    assert len(list(senlin.clusters())) == 1


@quick
@given(desired_states(), desired_states())
def test_an_emptied_cluster_is_filled_again(first: Desired, then: Desired) -> None:
    senlin = a_senlin()
    id_ = converge(senlin, first).id
    senlin.empty(id_)

    assert is_as_desired(then, converge(senlin, then))


@quick
@given(desired_states(), st.integers(1, 6))
def test_lost_nodes_are_recovered_or_left_alone(desired: Desired, lost: int) -> None:
    senlin = a_senlin()
    id_ = converge(senlin, desired).id
    senlin.lose_servers(id_, lost)
    before = observed_in(senlin, id_)
    assert before is not None

    observed = converge(senlin, desired, id_)

    remediation = desired.remediation
    recovers = (
        remediation.recover
        and remediation.allows(before.lost, before.nodes)
        and health_policy(remediation, before.policies) is None
    )
    assert is_as_desired(desired, observed) == (recovers or not before.lost)
    assert recovers or observed.lost == before.lost
