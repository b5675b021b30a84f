"""What is done about a cluster for the sake of its policies."""

from dataclasses import replace

import pytest

from senlin_operator.kinds.cluster.desired import Desired
from senlin_operator.kinds.cluster.kind import ClusterKind
from senlin_operator.kinds.cluster.observed import CREATED_EMPTY, Observed, observe
from senlin_operator.kinds.cluster.plan import plan
from senlin_operator.kinds.cluster.status import conditions, readiness, resource_status
from senlin_operator.kinds.cluster.steps import Create, Resize, Update
from senlin_operator.kinds.shared.bindings import Attach, Binding, Detach, Switch
from senlin_operator.kinds.shared.remediation import Remediation
from senlin_operator.kube.conditions import Reason
from senlin_operator.model.outcome import Blocked, Settled
from senlin_operator.model.ownership import OWNER_KEY
from senlin_operator.model.step import Step
from tests.unit.operator.builders import DESIRED_OF_THREE, OBSERVED_OF_THREE, UID, execute
from tests.unit.operator.fake_senlin import FakeSenlin

FIRST = Binding("a", "oldest-first", type="senlin.policy.deletion-1.0")
SECOND = Binding("b", "youngest-first", type="senlin.policy.deletion-1.0")
NEWER = Binding("c", "with-a-hook", type="senlin.policy.deletion-1.1")
UP = Binding("u", "up", type="senlin.policy.scaling-1.0")
DOWN = Binding("d", "down", type="senlin.policy.scaling-1.0")

DESIRED = replace(DESIRED_OF_THREE, policies=(FIRST,))
SENLINS = replace(DESIRED, fixed_size=False)
OBSERVED = replace(OBSERVED_OF_THREE, policies=(FIRST,))
EMPTY = replace(
    OBSERVED, min_size=0, desired_capacity=0, nodes=0, active=0, removal_order=(), policies=()
)
STARTING = replace(EMPTY, created_empty=True, metadata={OWNER_KEY: UID, CREATED_EMPTY: "yes"})
GROW = Resize("c1", 3, 1, 5, "")
TO_P2 = Update("c1", {"profile_id": "p2"}, "profile_id p1 → p2")
BEGUN = Update("c1", {"metadata": {}}, "the end of an empty start")


@pytest.mark.parametrize(
    ("spec", "size", "created_empty"),
    [
        pytest.param(replace(DESIRED, policies=None), 3, False, id="no policies: at its full size"),
        pytest.param(replace(DESIRED, policies=()), 3, False, id="none wanted: the same"),
        pytest.param(DESIRED, 0, False, id="policies: empty, for them to have a say"),
        pytest.param(SENLINS, 0, True, id="a size that Senlin owns: and a mark that it is to grow"),
        pytest.param(
            replace(SENLINS, desired_capacity=0, min_size=0), 0, False, id="which 0 needs not"
        ),
    ],
)
def test_policies_are_there_before_the_nodes(spec: Desired, size: int, created_empty: bool) -> None:
    made = replace(spec, desired_capacity=size, min_size=min(spec.min_size, size))

    assert plan(spec, None) == [Create(made, created_empty)]


@pytest.mark.parametrize(
    ("spec", "observed", "steps"),
    [
        pytest.param(DESIRED, OBSERVED, [], id="as it should be: left alone"),
        pytest.param(
            DESIRED, EMPTY, [Attach("c1", FIRST), GROW], id="empty: the policies come first"
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, desired_capacity=2, nodes=2, active=2, policies=()),
            [Attach("c1", FIRST), GROW],
            id="not empty: the same, for they have a say in it",
        ),
        pytest.param(
            replace(DESIRED, profile_id="p2"),
            replace(OBSERVED, policies=()),
            [Attach("c1", FIRST), TO_P2],
            id="and in an update",
        ),
        pytest.param(
            DESIRED,
            replace(
                OBSERVED,
                desired_capacity=2,
                nodes=2,
                active=1,
                status="WARNING",
                policies=(SECOND,),
            ),
            [Detach("c1", SECOND), GROW, Attach("c1", FIRST)],
            id="broken nodes: what goes goes first, what comes waits until they are mended",
        ),
        pytest.param(
            replace(DESIRED, profile_id="p2"),
            replace(OBSERVED, desired_capacity=2, nodes=2, active=0, status="ERROR", policies=()),
            [GROW, TO_P2, Attach("c1", FIRST)],
            id="worse: the same",
        ),
        pytest.param(
            DESIRED,
            replace(EMPTY, status="ERROR", desired_capacity=3, min_size=1),
            [Attach("c1", FIRST), Resize("c1", 3, 1, 5, "")],
            id="emptied by others: they come before new nodes",
        ),
        pytest.param(
            SENLINS, STARTING, [Attach("c1", FIRST), GROW], id="Senlin's, starting: it grows once"
        ),
        pytest.param(
            SENLINS,
            replace(STARTING, desired_capacity=3, min_size=1, nodes=3, active=3, policies=(FIRST,)),
            [BEGUN],
            id="Senlin's, grown: the mark goes",
        ),
        pytest.param(
            replace(SENLINS, min_size=0),
            replace(EMPTY, policies=(FIRST,)),
            [],
            id="Senlin's, emptied by its policies: left alone",
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, policies=(SECOND,)),
            [Detach("c1", SECOND), Attach("c1", FIRST)],
            id="another of its type: room comes first",
        ),
        pytest.param(
            replace(DESIRED, policies=(replace(FIRST, enabled=False),)),
            OBSERVED,
            [Switch("c1", replace(FIRST, enabled=False))],
            id="to be switched off",
        ),
        pytest.param(
            replace(DESIRED, policies=None),
            OBSERVED,
            [],
            id="nothing said of policies: others' business",
        ),
        pytest.param(
            replace(DESIRED, policies=()),
            OBSERVED,
            [Detach("c1", FIRST)],
            id="none wanted: detached",
        ),
        pytest.param(
            replace(DESIRED, policies=(FIRST, SECOND)),
            OBSERVED,
            [],
            id="two that exclude each other: the first one stays",
        ),
        pytest.param(
            replace(DESIRED, policies=(FIRST, NEWER, UP, DOWN)),
            OBSERVED,
            [Attach("c1", NEWER), Attach("c1", UP), Attach("c1", DOWN)],
            id="another version is another type, and scaling policies may be several",
        ),
    ],
)
def test_plan(spec: Desired, observed: Observed, steps: list[Step]) -> None:
    assert plan(spec, observed) == steps


def test_policies_that_exclude_each_other_are_told() -> None:
    spec = replace(DESIRED, policies=(FIRST, SECOND))
    sentence = (
        "SenlinPolicy oldest-first and SenlinPolicy youngest-first are both of the type "
        "senlin.policy.deletion-1.0, of which a cluster takes one: leave one of them out of "
        "policies."
    )

    assert readiness(spec, OBSERVED) == Blocked(Reason.POLICIES_CONFLICT, sentence)
    assert [it.reason for it in conditions(spec, OBSERVED)] == ["EnoughNodes", "PoliciesConflict"]
    assert isinstance(
        readiness(replace(DESIRED, policies=(FIRST, NEWER, UP, DOWN)), OBSERVED), Settled
    )


def test_the_mark_of_an_empty_start_is_made_and_taken_away() -> None:
    senlin = FakeSenlin(["p1"])
    id_ = execute(senlin.proxy, plan(SENLINS, None)[0], UID).id
    observed = observe(senlin.poll(), id_, UID)
    assert observed is not None
    assert observed.created_empty

    execute(senlin.proxy, replace(BEGUN, id=id_), UID)

    assert senlin.cluster(id_).metadata == {OWNER_KEY: UID}


@pytest.mark.parametrize(
    ("spec", "binding_ids", "version"),
    [
        pytest.param(
            DESIRED, ("b1",), ("b1",), id="policies are wanted: asked for when they change"
        ),
        pytest.param(DESIRED, (), (), id="even if none is bound"),
        pytest.param(replace(DESIRED, policies=None), ("b1",), None, id="nobody asks"),
        pytest.param(
            replace(DESIRED, policies=None, remediation=Remediation(recover=True)),
            ("b1",),
            ("b1",),
            id="remediation asks for a health policy",
        ),
        pytest.param(
            replace(DESIRED, policies=None, remediation=Remediation(recover=True)),
            (),
            None,
            id="but not if none is bound",
        ),
    ],
)
def test_when_the_bindings_are_asked_for(
    spec: Desired, binding_ids: tuple[str, ...], version: object
) -> None:
    assert ClusterKind().details is not None
    assert (
        ClusterKind().details.version(spec, replace(OBSERVED, binding_ids=binding_ids)) == version
    )


def test_the_status_lists_the_policies() -> None:
    shown = [{"name": "oldest-first", "id": "a", "enabled": True}]

    assert resource_status(OBSERVED)["policies"] == shown
    assert "policies" not in resource_status(EMPTY)


def test_bindings_show_in_the_list_of_clusters() -> None:
    senlin = FakeSenlin(["p1"])
    id_ = execute(senlin.proxy, Create(DESIRED), UID).id
    policy = senlin.create_policy("p", {"type": "senlin.policy.deletion", "version": "1.0"}).id
    execute(senlin.proxy, Attach(id_, Binding(policy, "p")), UID)

    observed = observe(senlin.poll(), id_, UID)

    assert observed is not None
    assert len(observed.binding_ids) == 1
