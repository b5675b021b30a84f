"""Whatever the spec, and whatever happened: plans lead to it, and touch nothing else."""

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
    as_wanted,
    interference,
    memberships,
    observations,
    specs,
)

STEPS = 12  # more than any way from one spec to another should take
quick = settings(max_examples=50, deadline=None)


def a_senlin() -> FakeSenlin:
    senlin = FakeSenlin(PROFILES)
    for id_ in POLICIES:
        spec = {"type": f"senlin.policy.{id_}", "version": "1.0"}
        senlin.put_policy(a_policy(id_, uid=None, name=id_, spec=spec))
    return senlin


def seen_by(senlin: FakeSenlin, id_: str | None = None) -> Observed | None:
    """Return the cluster as the engine observes it, with its bindings."""
    observed = observe(senlin.poll(), id_, UID)
    return (
        replace(observed, policies=bindings.fetch(senlin.proxy, observed.id)) if observed else None
    )


def converge(senlin: FakeSenlin, spec: Desired, id_: str | None = None) -> Observed:
    """Do as the reconciler does: look, plan, take one step, look again."""
    for _ in range(STEPS):
        observed = seen_by(senlin, id_)
        if observed is not None and not plan(spec, observed):
            return observed
        execute(senlin.proxy, plan(spec, observed)[0], UID)
    raise AssertionError(f"{spec} is not reached by {senlin.requests}")


def is_as_wanted(spec: Desired, observed: Observed) -> bool:
    outcome = readiness(spec, observed)
    return (
        isinstance(outcome, Settled)
        and outcome.ready
        and (observed.profile_id, observed.name) == (spec.profile_id, spec.name)
        and (observed.min_size, observed.max_size) == (spec.min_size, spec.max_size)
        and observed.nodes == observed.desired_capacity == spec.desired_capacity
        and (spec.policies is None or set(observed.policies) == set(spec.policies))
    )


@quick
@given(specs())
def test_what_is_as_it_should_be_is_left_alone(spec: Desired) -> None:
    assert plan(spec, as_wanted(spec)) == []


@quick
@given(memberships(), observations())
def test_no_step_touches_what_is_not_ours(spec: Desired, observed: Observed) -> None:
    steps = plan(spec, observed)

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
def test_no_declared_node_is_given_up(spec: Desired, observed: Observed) -> None:
    """Neither by name, nor by a size that leaves the choice to Senlin, nor those that leave."""
    looked_after = {
        observed.members_by_owner[it]
        for it in observed.members_by_owner.keys() & (dict(spec.declared) | leave(spec))
    }
    nodes = observed.nodes
    for step in plan(spec, observed):
        if isinstance(step, RemoveNodes):
            assert not looked_after & set(step.nodes)
            nodes -= len(step.nodes)
        if isinstance(step, Resize) and spec.fixed_size:
            assert step.number >= nodes or not looked_after


def leave(spec: Desired) -> dict[str, str]:
    return dict.fromkeys(spec.leaving, "")


@quick
@given(memberships(), observations())
def test_no_declared_node_is_changed_by_its_cluster(spec: Desired, observed: Observed) -> None:
    changed = {step.node for step in plan(spec, observed) if isinstance(step, UpdateNode)}

    assert not changed & set(observed.members_by_owner.values())


@quick
@given(specs(), observations())
def test_nothing_is_recovered_unless_that_is_wanted(spec: Desired, observed: Observed) -> None:
    recovers = [step for step in plan(spec, observed) if isinstance(step, Recover)]

    assert len(recovers) <= 1
    if recovers and observed.lost:
        assert spec.remediation.recover
        assert spec.remediation.allows(observed.lost, observed.nodes)
        assert health_policy(spec.remediation, observed.policies) is None


@quick
@given(memberships(), observations())
def test_every_step_says_what_it_changes(spec: Desired, observed: Observed) -> None:
    assert all(step.summary for step in plan(spec, observed))


@quick
@given(specs(), interference, specs())
def test_any_change_is_followed(first: Desired, meanwhile: Sequence[Event], then: Desired) -> None:
    senlin = a_senlin()
    id_ = converge(senlin, first).id
    for happen in meanwhile:
        with contextlib.suppress(BadRequest):  # there was nothing to change
            happen(senlin, id_)

    observed = converge(senlin, then, id_)

    assert observed.id == id_
    assert is_as_wanted(then, observed)


@quick
@given(specs(), specs(), st.integers(1, 6))
def test_what_could_not_be_built_is_built_once_it_can_be(
    first: Desired, then: Desired, broken: int
) -> None:
    senlin = a_senlin()
    senlin.broken_builds = broken
    execute(senlin.proxy, Create(first), UID)
    senlin.broken_builds = 0

    assert is_as_wanted(then, converge(senlin, then))


@quick
@given(specs(), specs())
def test_other_clusters_are_not_touched(first: Desired, then: Desired) -> None:
    senlin = a_senlin()
    others = [a_cluster("theirs", uid="their uid"), a_cluster("nobodys", uid=None, name=first.name)]
    for other in others:
        senlin.put(other, [a_node(f"node-of-{other.id}")])
    before = [senlin.cluster(it.id).to_dict() for it in others]

    converge(senlin, first)
    converge(senlin, then)

    assert [senlin.cluster(it.id).to_dict() for it in others] == before


@quick
@given(specs(), st.integers(1, 3))
def test_of_several_creations_one_remains(spec: Desired, lost_replies: int) -> None:
    senlin = a_senlin()
    for _ in range(lost_replies):
        execute(senlin.proxy, Create(spec), UID)

    converge(senlin, spec)

    assert len(list(senlin.clusters())) == 1


@quick
@given(specs(), specs())
def test_an_emptied_cluster_is_filled_again(first: Desired, then: Desired) -> None:
    senlin = a_senlin()
    id_ = converge(senlin, first).id
    senlin.empty(id_)

    assert is_as_wanted(then, converge(senlin, then))


@quick
@given(specs(), st.integers(1, 6))
def test_what_is_lost_is_recovered_or_left_alone(spec: Desired, lost: int) -> None:
    senlin = a_senlin()
    id_ = converge(senlin, spec).id
    senlin.lose_servers(id_, lost)
    before = seen_by(senlin, id_)
    assert before is not None

    observed = converge(senlin, spec, id_)

    wanted = spec.remediation
    recovers = (
        wanted.recover
        and wanted.allows(before.lost, before.nodes)
        and health_policy(wanted, before.policies) is None
    )
    assert is_as_wanted(spec, observed) == (recovers or not before.lost)
    assert recovers or observed.lost == before.lost
