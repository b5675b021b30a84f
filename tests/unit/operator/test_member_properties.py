"""Whoever is declared a member, and whenever: they get in and out, and no server is lost by it."""

import contextlib
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from openstack_clustering.exceptions import BadRequest
from senlin_operator.cloud.inventory import OWNER
from senlin_operator.kinds import node
from senlin_operator.kinds.cluster import Spec, execute, plan
from tests.unit.operator.builders import UID, a_node, a_snapshot
from tests.unit.operator.fake_senlin import FakeSenlin
from tests.unit.operator.strategies import PROFILES, UIDS, specs
from tests.unit.operator.test_plan_properties import a_senlin, is_as_wanted, seen_by

ROUNDS = 20  # more than any way should take: each node joins and leaves by itself
members = st.sets(st.sampled_from(UIDS))


class Project:
    """A cluster, and some nodes that stand alone until they are declared members."""

    def __init__(self, spec: Spec) -> None:
        self.senlin: FakeSenlin = a_senlin()
        for uid in UIDS:
            self.senlin.put_node(a_node(uid, "", metadata={OWNER: uid}, tainted=False))
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
        seen = seen_by(self.senlin, self.id)
        steps = plan(self.spec, seen)
        if steps:
            self.id = self.id or execute(self.senlin.proxy, steps[0], UID).id
            if seen:
                execute(self.senlin.proxy, steps[0], UID)
        moved = [self._moves(uid) for uid in UIDS]
        return any(moved) or bool(steps)

    def _moves(self, uid: str) -> bool:
        wanted = self.id if uid in self.spec.declared else ""
        snapshot = self.senlin.look()
        seen = node.observe(snapshot, uid, uid)
        assert seen is not None
        spec = node.as_seen(replace(seen, cluster_id=wanted or "", around=a_snapshot()))
        steps = [it for it in node.plan(spec, seen) if isinstance(it, node.Join | node.Leave)]
        for step in steps:
            with contextlib.suppress(BadRequest):  # no room
                node.execute(self.senlin.proxy, step, uid)
        return bool(steps)

    def settle(self) -> None:
        for _ in range(ROUNDS):
            if not self.work():
                return
        raise AssertionError(f"{self.spec} is not reached by {self.senlin.requests}")


def fitting(specs_: st.SearchStrategy[Spec]) -> st.SearchStrategy[Spec]:
    """Let there be room for all who may be declared."""
    return specs_.filter(lambda it: it.desired >= len(UIDS))


@settings(max_examples=50, deadline=None)
@given(fitting(specs()), st.lists(st.tuples(members, st.integers(0, 3)), max_size=4), members)
def test_all_who_are_declared_get_in_and_the_others_out(
    spec: Spec, changes: Sequence[tuple[set[str], int]], at_last: set[str]
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
    seen = seen_by(project.senlin, project.id)
    assert seen is not None
    assert is_as_wanted(project.spec, seen)


@settings(max_examples=50, deadline=None)
@given(fitting(specs()), fitting(specs()), members, members)
def test_a_change_of_the_cluster_costs_no_member_its_server(
    first: Spec, then: Spec, before: set[str], after: set[str]
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
def test_more_who_are_declared_than_wanted_stay(spec: Spec, declared: set[str]) -> None:
    project = Project(replace(spec, max_size=-1))
    project.declare(declared)

    project.settle()

    seen = seen_by(project.senlin, project.id)
    assert seen is not None
    assert declared <= seen.marked.keys()
    assert seen.nodes == max(spec.desired, len(declared))
