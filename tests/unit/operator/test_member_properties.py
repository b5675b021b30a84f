"""Whoever is declared a member, and whenever: they get in and out, and no server is lost by it."""

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
from tests.unit.operator.strategies import PROFILES, UIDS, specs
from tests.unit.operator.test_plan_properties import a_senlin, is_as_wanted, seen_by

ROUNDS = 20  # more than any way should take: each node joins and leaves by itself
members = st.sets(st.sampled_from(UIDS))


class Project:
    """A cluster, and some nodes that stand alone until they are declared members."""

    def __init__(self, spec: Desired) -> None:
        self.senlin: FakeSenlin = a_senlin()
        for uid in UIDS:
            self.senlin.put_node(a_node(uid, "", metadata={OWNER_KEY: uid}, tainted=False))
        self.servers = {uid: self.senlin.node(uid).physical_id for uid in UIDS}
        self.spec = spec
        self.id: str | None = None

    def declare(self, members: set[str]) -> None:
        """Have exactly these be declared members."""
        declared = {uid: uid for uid in members}
        leaving = frozenset(UIDS) - declared.keys()
        self.spec = replace(self.spec, declared=declared, leaving=leaving)

    def work(self) -> bool:
        """Let the cluster and each node take a step; return whether somebody did."""
        observed = seen_by(self.senlin, self.id)
        steps = plan(self.spec, observed)
        if steps:
            self.id = self.id or execute(self.senlin.proxy, steps[0], UID).id
            if observed:
                execute(self.senlin.proxy, steps[0], UID)
        moved = [self._moves(uid) for uid in UIDS]
        return any(moved) or bool(steps)

    def _moves(self, uid: str) -> bool:
        wanted = self.id if uid in self.spec.declared else ""
        snapshot = self.senlin.poll()
        observed = observe_node(snapshot, uid, uid)
        assert observed is not None
        spec = NodeKind().desired_from(
            replace(observed, cluster_id=wanted or "", snapshot=a_snapshot())
        )
        steps = [it for it in plan_node(spec, observed) if isinstance(it, Join | Leave)]
        for step in steps:
            with contextlib.suppress(BadRequest):  # no room
                execute(self.senlin.proxy, step, uid)
        return bool(steps)

    def settle(self) -> None:
        for _ in range(ROUNDS):
            if not self.work():
                return
        raise AssertionError(f"{self.spec} is not reached by {self.senlin.requests}")


def fitting(specs_: st.SearchStrategy[Desired]) -> st.SearchStrategy[Desired]:
    """Let there be room for all who may be declared."""
    return specs_.filter(lambda it: it.desired_capacity >= len(UIDS))


@settings(max_examples=50, deadline=None)
@given(fitting(specs()), st.lists(st.tuples(members, st.integers(0, 3)), max_size=4), members)
def test_all_who_are_declared_get_in_and_the_others_out(
    spec: Desired, changes: Sequence[tuple[set[str], int]], at_last: set[str]
) -> None:
    project = Project(spec)
    for declared, rounds in changes:
        project.declare(declared)
        for _ in range(rounds):
            project.work()
    project.declare(at_last)

    project.settle()

    assert project.id is not None
    inside = {uid for uid in UIDS if project.senlin.node(uid).cluster_id == project.id}
    assert inside == at_last
    assert {uid: project.senlin.node(uid).physical_id for uid in UIDS} == project.servers
    observed = seen_by(project.senlin, project.id)
    assert observed is not None
    assert is_as_wanted(project.spec, observed)


@settings(max_examples=50, deadline=None)
@given(fitting(specs()), fitting(specs()), members, members)
def test_a_change_of_the_cluster_costs_no_member_its_server(
    first: Desired, then: Desired, before: set[str], after: set[str]
) -> None:
    project = Project(first)
    project.declare(before)
    project.settle()
    project.spec = then
    project.declare(after)

    project.settle()

    assert {uid: project.senlin.node(uid).physical_id for uid in UIDS} == project.servers
    assert project.senlin.cluster(project.id or "").profile_id in PROFILES


@settings(max_examples=50, deadline=None)
@given(specs(), members)
def test_more_who_are_declared_than_wanted_stay(spec: Desired, declared: set[str]) -> None:
    project = Project(replace(spec, max_size=-1))
    project.declare(declared)

    project.settle()

    observed = seen_by(project.senlin, project.id)
    assert observed is not None
    assert declared <= observed.members_by_owner.keys()
    assert observed.nodes == max(spec.desired_capacity, len(declared))
