"""Whatever the spec, and whatever happened: plans lead to it, and touch nothing else."""

import contextlib
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from openstack_clustering.exceptions import BadRequest
from senlin_operator.engine.outcome import Settled
from senlin_operator.kinds import bindings
from senlin_operator.kinds.cluster import (
    Create,
    Drop,
    Observed,
    Realign,
    Recover,
    Resize,
    Spec,
    Step,
    execute,
    observe,
    plan,
    verdict,
)
from senlin_operator.kinds.remediation import health_policy
from tests.unit.operator.builders import UID, a_cluster, a_node, a_policy
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
    seen = observe(senlin.look(), id_, UID)
    return replace(seen, policies=bindings.fetch(senlin.proxy, seen.id)) if seen else None


def converge(senlin: FakeSenlin, spec: Spec, id_: str | None = None) -> Observed:
    """Do as the reconciler does: look, plan, take one step, look again."""
    for _ in range(STEPS):
        seen = seen_by(senlin, id_)
        if seen is not None and not plan(spec, seen):
            return seen
        execute(senlin.proxy, plan(spec, seen)[0], UID)
    raise AssertionError(f"{spec} is not reached by {senlin.requests}")


def is_as_wanted(spec: Spec, seen: Observed) -> bool:
    outcome = verdict(spec, seen)
    return (
        isinstance(outcome, Settled)
        and outcome.ready
        and (seen.profile_id, seen.name) == (spec.profile_id, spec.name)
        and (seen.min_size, seen.max_size) == (spec.min_size, spec.max_size)
        and seen.nodes == seen.desired == spec.desired
        and (spec.policies is None or set(seen.policies) == set(spec.policies))
    )


@quick
@given(specs())
def test_what_is_as_it_should_be_is_left_alone(spec: Spec) -> None:
    assert plan(spec, as_wanted(spec)) == []


@quick
@given(memberships(), observations())
def test_no_step_touches_what_is_not_ours(spec: Spec, seen: Observed) -> None:
    steps = plan(spec, seen)

    assert not any(isinstance(step, Create) for step in steps)
    assert {_target(step) for step in steps} <= {seen.id, *seen.duplicates}


def _target(step: Step) -> str:
    match step:
        case Create():
            return ""
        case bindings.Attach() | bindings.Switch() | bindings.Detach():
            return step.cluster_id
        case _:
            return step.id


@quick
@given(memberships(), observations())
def test_no_declared_node_is_given_up(spec: Spec, seen: Observed) -> None:
    """Neither by name, nor by a size that leaves the choice to Senlin, nor those that leave."""
    looked_after = {seen.marked[it] for it in seen.marked.keys() & (spec.declared | leave(spec))}
    nodes = seen.nodes
    for step in plan(spec, seen):
        if isinstance(step, Drop):
            assert not looked_after & set(step.nodes)
            nodes -= len(step.nodes)
        if isinstance(step, Resize) and spec.fixed_size:
            assert step.number >= nodes or not looked_after


def leave(spec: Spec) -> dict[str, str]:
    return dict.fromkeys(spec.leaving, "")


@quick
@given(memberships(), observations())
def test_no_declared_node_is_changed_by_its_cluster(spec: Spec, seen: Observed) -> None:
    changed = {step.node for step in plan(spec, seen) if isinstance(step, Realign)}

    assert not changed & set(seen.marked.values())


@quick
@given(specs(), observations())
def test_nothing_is_recovered_unless_that_is_wanted(spec: Spec, seen: Observed) -> None:
    recovers = [step for step in plan(spec, seen) if isinstance(step, Recover)]

    assert len(recovers) <= 1
    if recovers and seen.lost:
        assert spec.remediation.recover
        assert spec.remediation.fits(seen.lost, seen.nodes)
        assert health_policy(spec.remediation, seen.policies) is None


@quick
@given(memberships(), observations())
def test_every_step_says_what_it_changes(spec: Spec, seen: Observed) -> None:
    assert all(step.summary for step in plan(spec, seen))


@quick
@given(specs(), interference, specs())
def test_any_change_is_followed(first: Spec, meanwhile: Sequence[Event], then: Spec) -> None:
    senlin = a_senlin()
    id_ = converge(senlin, first).id
    for happen in meanwhile:
        with contextlib.suppress(BadRequest):  # there was nothing to change
            happen(senlin, id_)

    seen = converge(senlin, then, id_)

    assert seen.id == id_
    assert is_as_wanted(then, seen)


@quick
@given(specs(), specs(), st.integers(1, 6))
def test_what_could_not_be_built_is_built_once_it_can_be(
    first: Spec, then: Spec, broken: int
) -> None:
    senlin = a_senlin()
    senlin.broken_builds = broken
    execute(senlin.proxy, Create(first), UID)
    senlin.broken_builds = 0

    assert is_as_wanted(then, converge(senlin, then))


@quick
@given(specs(), specs())
def test_other_clusters_are_not_touched(first: Spec, then: Spec) -> None:
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
def test_of_several_creations_one_remains(spec: Spec, lost_replies: int) -> None:
    senlin = a_senlin()
    for _ in range(lost_replies):
        execute(senlin.proxy, Create(spec), UID)

    converge(senlin, spec)

    assert len(list(senlin.clusters())) == 1


@quick
@given(specs(), specs())
def test_an_emptied_cluster_is_filled_again(first: Spec, then: Spec) -> None:
    senlin = a_senlin()
    id_ = converge(senlin, first).id
    senlin.empty(id_)

    assert is_as_wanted(then, converge(senlin, then))


@quick
@given(specs(), st.integers(1, 6))
def test_what_is_lost_is_recovered_or_left_alone(spec: Spec, lost: int) -> None:
    senlin = a_senlin()
    id_ = converge(senlin, spec).id
    senlin.lose_servers(id_, lost)
    before = seen_by(senlin, id_)
    assert before is not None

    seen = converge(senlin, spec, id_)

    wanted = spec.remediation
    recovers = (
        wanted.recover
        and wanted.fits(before.lost, before.nodes)
        and health_policy(wanted, before.policies) is None
    )
    assert is_as_wanted(spec, seen) == (recovers or not before.lost)
    assert recovers or seen.lost == before.lost
