"""Whatever the spec, and whatever happened: plans lead to it, and touch nothing else."""

import contextlib
from collections.abc import Sequence

from builders import UID, a_cluster, a_node
from hypothesis import given, settings
from hypothesis import strategies as st
from small_senlin import SmallSenlin
from strategies import PROFILES, Event, as_wanted, interference, observations, specs

from openstack_clustering.exceptions import BadRequest
from senlin_operator.kinds.cluster import Create, Observed, Spec, execute, observe, plan, verdict

STEPS = 8  # more than any way from one spec to another should take
quick = settings(max_examples=80, deadline=None)


def converge(senlin: SmallSenlin, spec: Spec, id_: str | None = None) -> Observed:
    """Do as the reconciler does: look, plan, take one step, look again."""
    for _ in range(STEPS):
        seen = observe(senlin.look(), id_, UID)
        if seen is not None and not plan(spec, seen):
            return seen
        execute(senlin.proxy, plan(spec, seen)[0], UID)
    raise AssertionError(f"{spec} is not reached by {senlin.requests}")


def is_as_wanted(spec: Spec, seen: Observed) -> bool:
    return (
        verdict(spec, seen).ready
        and (seen.profile_id, seen.name) == (spec.profile_id, spec.name)
        and (seen.min_size, seen.max_size) == (spec.min_size, spec.max_size)
        and seen.nodes == seen.desired == spec.desired
    )


@quick
@given(specs())
def test_what_is_as_it_should_be_is_left_alone(spec: Spec) -> None:
    assert plan(spec, as_wanted(spec)) == []


@quick
@given(specs(), observations())
def test_no_step_touches_what_is_not_ours(spec: Spec, seen: Observed) -> None:
    steps = plan(spec, seen)

    assert not any(isinstance(step, Create) for step in steps)
    assert {step.id for step in steps if not isinstance(step, Create)} <= {
        seen.id,
        *seen.duplicates,
    }


@quick
@given(specs(), observations())
def test_every_step_says_what_it_changes(spec: Spec, seen: Observed) -> None:
    assert all(step.summary for step in plan(spec, seen))


@quick
@given(specs(), interference, specs())
def test_any_change_is_followed(first: Spec, meanwhile: Sequence[Event], then: Spec) -> None:
    senlin = SmallSenlin(PROFILES)
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
    senlin = SmallSenlin(PROFILES)
    senlin.broken_builds = broken
    execute(senlin.proxy, Create(first), UID)
    senlin.broken_builds = 0

    assert is_as_wanted(then, converge(senlin, then))


@quick
@given(specs(), specs())
def test_other_clusters_are_not_touched(first: Spec, then: Spec) -> None:
    senlin = SmallSenlin(PROFILES)
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
    senlin = SmallSenlin(PROFILES)
    for _ in range(lost_replies):
        execute(senlin.proxy, Create(spec), UID)

    converge(senlin, spec)

    assert len(list(senlin.clusters())) == 1


@quick
@given(specs(), specs())
def test_an_emptied_cluster_is_filled_again(first: Spec, then: Spec) -> None:
    senlin = SmallSenlin(PROFILES)
    id_ = converge(senlin, first).id
    senlin.empty(id_)

    assert is_as_wanted(then, converge(senlin, then))
