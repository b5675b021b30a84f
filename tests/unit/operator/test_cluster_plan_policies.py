"""The plan for a cluster with policies."""

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
from tests.unit.operator.builders import (
    DESIRED_OF_THREE,
    OBSERVED_OF_THREE,
    UID,
    execute,
    the_marker,
)
from tests.unit.operator.fake_senlin import FakeSenlin

FIRST = Binding("a", "oldest-first", type="senlin.policy.deletion-1.0")
SECOND = Binding("b", "youngest-first", type="senlin.policy.deletion-1.0")
NEWER = Binding("c", "with-a-hook", type="senlin.policy.deletion-1.1")
UP = Binding("u", "up", type="senlin.policy.scaling-1.0")
DOWN = Binding("d", "down", type="senlin.policy.scaling-1.0")

DESIRED = replace(DESIRED_OF_THREE, policies=(FIRST,))
SENLIN_OWNS_SIZE = replace(DESIRED, fixed_size=False)
OBSERVED = replace(OBSERVED_OF_THREE, policies=(FIRST,))
EMPTY_CLUSTER = replace(
    OBSERVED, min_size=0, desired_capacity=0, nodes=0, active=0, removal_order=(), policies=()
)
JUST_CREATED = replace(
    EMPTY_CLUSTER, created_empty=True, metadata={OWNER_KEY: UID, CREATED_EMPTY: "yes"}
)
GROW = Resize("c1", 3, 1, 5, "")
TO_P2 = Update("c1", {"profile_id": "p2"}, "profile p1 → p2")
REMOVE_CREATED_EMPTY = Update(
    "c1", {"metadata": {}}, "removal of the marker of an empty creation, as the cluster has grown"
)


@pytest.mark.parametrize(
    ("desired", "size", "created_empty"),
    [
        pytest.param(
            replace(DESIRED, policies=None),
            3,
            False,
            id="policies not managed: created at full size",
        ),
        pytest.param(
            replace(DESIRED, policies=()), 3, False, id="no policies: created at full size"
        ),
        pytest.param(
            DESIRED, 0, False, id="policies: created empty, so that they govern its growth"
        ),
        pytest.param(
            SENLIN_OWNS_SIZE,
            0,
            True,
            id="policies, and Senlin owns the size: recorded as created empty",
        ),
        pytest.param(
            replace(SENLIN_OWNS_SIZE, desired_capacity=0, min_size=0),
            0,
            False,
            id="policies, and Senlin owns the size 0: not recorded",
        ),
    ],
)
def test_a_cluster_with_policies_is_created_empty(
    desired: Desired, size: int, created_empty: bool
) -> None:
    initial = replace(desired, desired_capacity=size, min_size=min(desired.min_size, size))

    assert plan(desired, None) == [Create(initial, created_empty)]


@pytest.mark.parametrize(
    ("desired", "observed", "steps"),
    [
        pytest.param(DESIRED, OBSERVED, [], id="no difference: no step"),
        pytest.param(
            DESIRED,
            EMPTY_CLUSTER,
            [Attach("c1", FIRST), GROW],
            id="empty: policies are attached before it grows",
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, desired_capacity=2, nodes=2, active=2, policies=()),
            [Attach("c1", FIRST), GROW],
            id="not empty: policies are attached before it grows",
        ),
        pytest.param(
            replace(DESIRED, profile_id="p2"),
            replace(OBSERVED, policies=()),
            [Attach("c1", FIRST), TO_P2],
            id="another profile: policies are attached before the update",
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
            id="broken nodes: detached first, attached after the repair",
        ),
        pytest.param(
            replace(DESIRED, profile_id="p2"),
            replace(OBSERVED, desired_capacity=2, nodes=2, active=0, status="ERROR", policies=()),
            [GROW, TO_P2, Attach("c1", FIRST)],
            id="ERROR: attached after the repair",
        ),
        pytest.param(
            DESIRED,
            replace(EMPTY_CLUSTER, status="ERROR", desired_capacity=3, min_size=1),
            [Attach("c1", FIRST), Resize("c1", 3, 1, 5, "")],
            id="emptied by others: policies are attached before it grows",
        ),
        pytest.param(
            SENLIN_OWNS_SIZE,
            JUST_CREATED,
            [Attach("c1", FIRST), GROW],
            id="Senlin owns the size, created empty: it grows once",
        ),
        pytest.param(
            SENLIN_OWNS_SIZE,
            replace(
                JUST_CREATED, desired_capacity=3, min_size=1, nodes=3, active=3, policies=(FIRST,)
            ),
            [REMOVE_CREATED_EMPTY],
            id="Senlin owns the size, grown: the record is removed",
        ),
        pytest.param(
            replace(SENLIN_OWNS_SIZE, min_size=0),
            replace(EMPTY_CLUSTER, policies=(FIRST,)),
            [],
            id="Senlin owns the size, emptied by its policies: no step",
        ),
        pytest.param(
            DESIRED,
            replace(OBSERVED, policies=(SECOND,)),
            [Detach("c1", SECOND), Attach("c1", FIRST)],
            id="another policy of its type: detached before the new one is attached",
        ),
        pytest.param(
            replace(DESIRED, policies=(replace(FIRST, enabled=False),)),
            OBSERVED,
            [Switch("c1", replace(FIRST, enabled=False))],
            id="to be disabled: disabled",
        ),
        pytest.param(
            replace(DESIRED, policies=None),
            OBSERVED,
            [],
            id="policies not managed: no step",
        ),
        pytest.param(
            replace(DESIRED, policies=()),
            OBSERVED,
            [Detach("c1", FIRST)],
            id="no policies desired: detached",
        ),
        pytest.param(
            replace(DESIRED, policies=(FIRST, SECOND)),
            OBSERVED,
            [],
            id="two that exclude each other: no step, the first one stays",
        ),
        pytest.param(
            replace(DESIRED, policies=(FIRST, NEWER, UP, DOWN)),
            OBSERVED,
            [Attach("c1", NEWER), Attach("c1", UP), Attach("c1", DOWN)],
            id="another version and several scaling policies: all attached",
        ),
    ],
)
def test_plan(desired: Desired, observed: Observed, steps: list[Step]) -> None:
    assert plan(desired, observed) == steps


def test_policies_that_exclude_each_other_block_readiness() -> None:
    desired = replace(DESIRED, policies=(FIRST, SECOND))
    message = (
        "SenlinPolicy oldest-first and SenlinPolicy youngest-first are both of the type "
        "senlin.policy.deletion-1.0, of which a cluster takes one: leave one of them out of "
        "policies."
    )

    assert readiness(desired, OBSERVED) == Blocked(Reason.POLICIES_CONFLICT, message)
    assert [it.reason for it in conditions(desired, OBSERVED)] == [
        "EnoughNodes",
        "PoliciesConflict",
    ]
    assert isinstance(
        readiness(replace(DESIRED, policies=(FIRST, NEWER, UP, DOWN)), OBSERVED), Settled
    )


def test_created_empty_is_recorded_and_removed() -> None:
    senlin = FakeSenlin(["p1"])
    id_ = execute(senlin.proxy, plan(SENLIN_OWNS_SIZE, None)[0], UID).id
    observed = observe(senlin.poll(), id_, UID)
    assert observed is not None
    assert observed.created_empty

    execute(senlin.proxy, replace(REMOVE_CREATED_EMPTY, id=id_), UID)

    assert senlin.cluster(id_).metadata == the_marker()


@pytest.mark.parametrize(
    ("desired", "binding_ids", "version"),
    [
        pytest.param(
            DESIRED, ("b1",), ("b1",), id="policies desired: fetched when the bindings change"
        ),
        pytest.param(DESIRED, (), (), id="policies desired, none bound: fetched"),
        pytest.param(
            replace(DESIRED, policies=None), ("b1",), None, id="policies not managed: not fetched"
        ),
        pytest.param(
            replace(DESIRED, policies=None, remediation=Remediation(recover=True)),
            ("b1",),
            ("b1",),
            id="remediation: fetched, to find a health policy",
        ),
        pytest.param(
            replace(DESIRED, policies=None, remediation=Remediation(recover=True)),
            (),
            None,
            id="remediation, none bound: not fetched",
        ),
    ],
)
def test_when_the_bindings_are_fetched(
    desired: Desired, binding_ids: tuple[str, ...], version: object
) -> None:
    assert ClusterKind().details is not None
    assert (
        ClusterKind().details.version(desired, replace(OBSERVED, binding_ids=binding_ids))
        == version
    )


def test_the_status_lists_the_policies() -> None:
    shown = [{"name": "oldest-first", "id": "a", "enabled": True}]

    assert resource_status(OBSERVED)["policies"] == shown
    assert "policies" not in resource_status(EMPTY_CLUSTER)


def test_observe_reads_the_binding_ids_from_the_list_of_clusters() -> None:
    senlin = FakeSenlin(["p1"])
    id_ = execute(senlin.proxy, Create(DESIRED), UID).id
    policy = senlin.create_policy("p", {"type": "senlin.policy.deletion", "version": "1.0"}).id
    execute(senlin.proxy, Attach(id_, Binding(policy, "p")), UID)

    observed = observe(senlin.poll(), id_, UID)

    assert observed is not None
    assert len(observed.binding_ids) == 1
