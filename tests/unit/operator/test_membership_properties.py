"""For any sequence of declared members: nodes join and leave, and all keep their servers."""

import contextlib
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from openstack_clustering.exceptions import BadRequest
from senlin_operator.kinds.cluster.desired import Desired
from senlin_operator.kinds.cluster.plan import plan
from senlin_operator.kinds.node.kind import NodeKind
from senlin_operator.kinds.node.observed import observe as observe_node
from senlin_operator.kinds.node.plan import plan as plan_node
from senlin_operator.kinds.node.steps import Join, Leave
from senlin_operator.model.ownership import OWNER_KEY
from tests.unit.operator.builders import UID, a_node, a_snapshot, execute
from tests.unit.operator.fake_senlin import FakeSenlin
from tests.unit.operator.strategies import PROFILES, UIDS, desired_states
from tests.unit.operator.test_cluster_properties import a_senlin, is_as_desired, observed_in

ROUNDS = 20  # more than any change should take: each node joins and leaves by itself
members = st.sets(st.sampled_from(UIDS))


class Project:
    """A cluster, and nodes that are in no cluster until they are declared members."""

    def __init__(self, desired: Desired) -> None:
        self.senlin: FakeSenlin = a_senlin()
        for uid in UIDS:
            self.senlin.put_node(a_node(uid, "", metadata={OWNER_KEY: uid}, tainted=False))
        self.servers = {uid: self.senlin.node(uid).physical_id for uid in UIDS}
        self.desired = desired
        self.id: str | None = None

    def declare(self, members: set[str]) -> None:
        """Declare exactly these nodes as members."""
        declared = {uid: uid for uid in members}
        leaving = frozenset(UIDS) - declared.keys()
        self.desired = replace(self.desired, declared=declared, leaving=leaving)

    def work(self) -> bool:
        """Let the cluster and each node take a step; return whether one of them did."""
        observed = observed_in(self.senlin, self.id)
        steps = plan(self.desired, observed)
        if steps:
            self.id = self.id or execute(self.senlin.proxy, steps[0], UID).id
            if observed:
                execute(self.senlin.proxy, steps[0], UID)
        moved = [self._join_or_leave(uid) for uid in UIDS]
        return any(moved) or bool(steps)

    def _join_or_leave(self, uid: str) -> bool:
        cluster_id = self.id if uid in self.desired.declared else ""
        snapshot = self.senlin.poll()
        observed = observe_node(snapshot, uid, uid)
        assert observed is not None
        desired = NodeKind().desired_from(
            replace(observed, cluster_id=cluster_id or "", snapshot=a_snapshot())
        )
        steps = [it for it in plan_node(desired, observed) if isinstance(it, Join | Leave)]
        for step in steps:
            with contextlib.suppress(BadRequest):  # no room
                execute(self.senlin.proxy, step, uid)
        return bool(steps)

    def settle(self) -> None:
        for _ in range(ROUNDS):
            if not self.work():
                return
        raise AssertionError(f"{self.desired} is not reached by {self.senlin.requests}")


def fitting(states: st.SearchStrategy[Desired]) -> st.SearchStrategy[Desired]:
    """Keep those with room for every node that may be declared."""
    return states.filter(lambda it: it.desired_capacity >= len(UIDS))


@settings(max_examples=50, deadline=None)
@given(
    fitting(desired_states()), st.lists(st.tuples(members, st.integers(0, 3)), max_size=4), members
)
def test_declared_nodes_join_and_others_leave(
    desired: Desired, changes: Sequence[tuple[set[str], int]], final: set[str]
) -> None:
    project = Project(desired)
    for declared, rounds in changes:
        project.declare(declared)
        for _ in range(rounds):
            project.work()
    project.declare(final)

    project.settle()

    assert project.id is not None
    members_now = {uid for uid in UIDS if project.senlin.node(uid).cluster_id == project.id}
    assert members_now == final
    assert {uid: project.senlin.node(uid).physical_id for uid in UIDS} == project.servers
    observed = observed_in(project.senlin, project.id)
    assert observed is not None
    assert is_as_desired(project.desired, observed)


@settings(max_examples=50, deadline=None)
@given(fitting(desired_states()), fitting(desired_states()), members, members)
def test_a_change_of_the_cluster_destroys_no_member_s_server(
    first: Desired, then: Desired, before: set[str], after: set[str]
) -> None:
    project = Project(first)
    project.declare(before)
    project.settle()
    project.desired = then
    project.declare(after)

    project.settle()

    assert {uid: project.senlin.node(uid).physical_id for uid in UIDS} == project.servers
    assert project.senlin.cluster(project.id or "").profile_id in PROFILES


@settings(max_examples=50, deadline=None)
@given(desired_states(), members)
def test_more_declared_members_than_desired_stay(desired: Desired, declared: set[str]) -> None:
    project = Project(replace(desired, max_size=-1))
    project.declare(declared)

    project.settle()

    observed = observed_in(project.senlin, project.id)
    assert observed is not None
    assert declared <= observed.members_by_owner.keys()
    assert observed.nodes == max(desired.desired_capacity, len(declared))
