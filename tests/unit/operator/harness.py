"""Where a story is played: the engine, a clock, a small Kubernetes and a small Senlin; and its end.

At the end faults stop and time passes; then all must be Ready, or not for a reason that is known
here; nothing may be left over or twice; and when all is deleted, nothing may be left at all.
"""

import asyncio
from collections.abc import Coroutine
from itertools import count
from typing import Any

import pytest

from openstack_clustering import Cluster, Node
from senlin_operator.kinds import KINDS
from senlin_operator.kube.objects import RECONCILE_AT, Key, Resource
from tests.unit.operator.builders import SECRET_KEY, Clock, Document
from tests.unit.operator.fake_guarded_senlin import FakeGuardedSenlin
from tests.unit.operator.fake_world import World, set_clock

NOBODY = Key("SenlinProfile", "team", "nobody")
# Seconds between two polls, the longer the less goes on: until something is tried again, until a
# request that was refused is, until an action must be dead.
_PAUSES = (1.0, 1.0, 6.0, 40.0, 310.0, 310.0, 4000.0)
_QUIET = 2  # polls that show nothing new
_TICKS = 200  # at most, until all is well


class Stage:
    """What there is, and how it is looked at."""

    task: "asyncio.Task[None]"

    def __init__(self) -> None:
        self.clock = Clock()
        self.patch = pytest.MonkeyPatch()
        set_clock(self.clock, self.patch)
        self.runner = asyncio.Runner()
        self.senlin = FakeGuardedSenlin(self.clock, self.lives)
        self.uids = count(1)
        self.world = World(self.clock, self.senlin)
        self.senlin.ever = self.world.kube.uids

    def run(self, coroutine: Coroutine[Any, Any, None], polls: int = 0) -> None:
        """Have something happen, and time pass afterwards."""

        async def happen() -> None:
            await coroutine
            await self.world.rest()
            for _ in range(polls):
                await self.tick(1.0)

        self.runner.run(happen())

    async def tick(self, seconds: float) -> None:
        """Let time pass: engines get on, requests arrive late, the project is looked at."""
        self.clock.advance(seconds)
        self.senlin.work()
        self.senlin.catch_up()
        self.world.queue.add(NOBODY)  # so that it sees what time it is
        await self.world.rest()
        await self.world.poll()
        if self.world.fuse.burnt:
            await self.be_born_again()

    async def be_born_again(self) -> None:
        await _end_all_tasks()
        self.world.boot()
        self.task = asyncio.create_task(self.world.controller.run())

    # The end.

    def close(self) -> None:
        """Come to the end, and take all down."""
        try:
            self.runner.run(self.end_well())
        finally:
            self.runner.run(_end_all_tasks())
            self.runner.close()
            self.patch.undo()

    async def end_well(self) -> None:
        if not hasattr(self, "task"):
            return
        self.stop_faults()
        await self.settle()
        assert self.unexplained() == []
        assert self.misplaced() == []
        await self.rest_in_peace()
        for key in [*self.all_keys(), SECRET_KEY]:
            if key in self.world.kube:
                self.world.kube.remove(key)
        await self.settle(gone=True)
        assert self.all_keys() == []
        assert self.misplaced() == []
        assert SECRET_KEY not in self.world.kube
        assert self.senlin.wrongs == []

    def stop_faults(self) -> None:
        self.senlin.refusals.clear()
        self.world.kube.refusals.clear()
        self.senlin.lose_reply = self.senlin.delay = False
        self.senlin.down, self.senlin.broken_builds = None, 0
        self.world.fuse.left = None

    async def settle(self, *, gone: bool = False) -> None:
        """Let time pass until nothing goes on any more, or nothing is there any more."""
        quiet, before = 0, self.portrait()
        for _ in range(_TICKS):
            await self.tick(_PAUSES[min(quiet, len(_PAUSES) - 1)])
            now = self.portrait()
            quiet = quiet + 1 if now == before and not self.senlin.busy else 0
            before = now
            if quiet > _QUIET and not (self.all_keys() if gone else self.unexplained()):
                return
            self.have_people_look()

    async def rest_in_peace(self) -> None:
        """See that nothing is asked for when all is as it should be."""
        if any(self.reason(key) != "Ready" for key in self.all_keys()):
            return
        self.world.requests()
        self.world.writes()
        for _ in range(_QUIET):
            await self.tick(1.0)
        assert self.world.requests() == []
        assert self.world.writes() == []

    def portrait(self) -> object:
        """Return what changes as long as something moves."""
        snapshot = self.senlin.poll()
        clouds = {
            it.id: it["status"]
            for it in (*snapshot.all(Cluster).values(), *snapshot.all(Node).values())
        }
        return {key: self.reason(key) for key in self.all_keys()}, clouds, {*snapshot.unfinished}

    def have_people_look(self) -> None:
        """Answer what the operator leaves to people."""
        for key in self.all_keys():
            if self.reason(key) == "ProjectEmptied":
                self.annotated(key, RECONCILE_AT, str(self.clock()))

    # Who is there.

    def write(self, raw: Document, polls: int) -> None:
        async def write() -> None:
            self.apply(raw)

        self.run(write(), polls)

    def annotate(self, key: Key, name: str, value: str, polls: int) -> None:
        async def annotate() -> None:
            self.annotated(key, name, value)

        self.run(annotate(), polls)

    def annotated(self, key: Key, name: str, value: str) -> None:
        raw = self.world.kube[key]
        self.world.kube.apply(
            {**raw, "metadata": {**raw["metadata"], "annotations": {name: value}}}
        )

    def apply(self, raw: Document) -> None:
        key = Resource(raw["kind"], raw).key
        known = self.world.kube[key]["metadata"] if key in self.world.kube else {}
        if "deletionTimestamp" in known:
            return
        uid = known.get("uid", f"uid-{next(self.uids)}")
        self.world.kube.apply({**raw, "metadata": {**raw["metadata"], "uid": uid}})

    def lives(self, uid: str) -> bool:
        found = (self.resource(key) for key in self.world.kube.keys("SenlinNode"))
        return any(it.uid == uid and not it.deleting for it in found)

    def resource(self, key: Key) -> Resource:
        return Resource(key.kind, self.world.kube[key])

    def all_keys(self) -> list[Key]:
        return [key for kind in KINDS for key in self.world.kube.keys(kind)]

    def cloud_id(self, kind: str, name: str) -> str | None:
        key = Key(kind, "team", name)
        id_ = self.resource(key).cloud_id if key in self.world.kube else None
        return id_ if id_ and self.senlin.mark_of(id_) else None

    def reason(self, key: Key) -> str:
        return str((self.resource(key).condition("Ready") or {}).get("reason"))

    def unexplained(self) -> list[str]:
        """Return who is not Ready, and should be."""
        return [
            f"{key}: {self.reason(key)} {self.resource(key).condition('Ready')}"
            for key in self.all_keys()
            if self.reason(key) not in self.explained(self.resource(key))
        ]

    def explained(self, it: Resource) -> set[str]:
        """Return the reasons that an object may have at last, by what it is and refers to."""
        if it.deleting:
            return {"InUse"}
        references = KINDS[it.key.kind].references(it)
        if any(key not in self.world.kube for key in references):
            return {"ReferenceMissing"}
        referred = [self.resource(key) for key in references]
        goes = any(other.deleting for other in referred)
        waits = {"ReferenceMissing", "ReferenceNotReady", "Busy"} if goes else set()
        if not all(other.cloud_id for other in referred):
            return waits | {"ReferenceNotReady"}
        return waits | {"Ready"} | self.troubles(it, referred)

    def troubles(self, it: Resource, referred: list[Resource]) -> set[str]:
        """Return what may be wrong with an object by its own spec, or by what others did."""
        if it.unmanaged or it.key.kind not in ("SenlinCluster", "SenlinNode"):
            return self.troubles_of_a_mirror(it)
        wanted = it.spec["resource"]
        hopeless = any(_flavor(other) == "none" for other in referred)
        troubles = {"ActionFailed", "ActionRunning", "Degraded"} if hopeless else set()
        if it.key.kind == "SenlinNode":
            return troubles | self.troubles_of_a_node(it)
        members = self.senlin.members(it.cloud_id or "")
        declared = [node for node in self.declared(it.key.name) if not node.deleting]
        if any(node["status"] != "ACTIVE" for node in members):
            troubles |= {"Degraded"}
        if wanted["capacityOwner"] == "Senlin" and len(members) != self.size_of(it):
            troubles |= {"Degraded"}  # an engine died while it scaled: Senlin owns the size
        if {"young", "old"} <= {ref["policyRef"]["name"] for ref in wanted.get("policies", ())}:
            troubles |= {"PoliciesConflict"}
        if len(declared) > wanted["desiredCapacity"] and wanted["capacityOwner"] == "Spec":
            troubles |= {"TooManyMembers"}
        if any(self.reason(node.key) != "Ready" for node in declared):
            troubles |= {"MembersPending"}
        if any(node["status"] != "ACTIVE" and node["metadata"] for node in members):
            # No update of the cluster reaches a SenlinNode without a server; it is not given up.
            troubles |= {"ActionFailed", "ActionRunning"}
        return troubles

    def size_of(self, it: Resource) -> int | None:
        return self.senlin.cluster(it.cloud_id).desired_capacity if it.cloud_id else None

    def troubles_of_a_mirror(self, it: Resource) -> set[str]:
        node = self.senlin.node(it.cloud_id) if it.unmanaged and it.cloud_id else None
        if node is None or node.status == "ACTIVE":
            return set()
        # Busy: an engine that died has left it so, and nobody polls after its cluster.
        return {"Degraded"} if node.status == "ERROR" else {"Busy"}

    def troubles_of_a_node(self, it: Resource) -> set[str]:
        if it.cloud_id is None:
            return set()
        node = self.senlin.node(it.cloud_id)
        bound = self.senlin.bindings(node.cluster_id)
        keeps = any(binding["policy_type"].startswith("senlin.policy.del") for binding in bound)
        lost = {"Degraded", "Busy"} if node.status != "ACTIVE" else set()
        return lost | ({"Unsafe"} if keeps else set())

    def declared(self, cluster: str) -> list[Resource]:
        found = (self.resource(key) for key in self.world.kube.keys("SenlinNode"))
        managed = (it for it in found if not it.unmanaged)
        return [it for it in managed if it.spec["resource"].get("clusterRef") == {"name": cluster}]

    def misplaced(self) -> list[str]:
        """Return what is in the cloud, is marked, and is not the one of a living object."""
        wanted = {self.resource(key).uid: self.resource(key).cloud_id for key in self.all_keys()}
        snapshot = self.senlin.poll()
        return [
            f"{id_} of {mark}"
            for objects in snapshot.objects.values()
            for id_ in objects
            if id_ not in self.senlin.foreign
            and (mark := self.senlin.mark_of(id_)) not in ("None", None)
            and wanted.get(str(mark)) != id_
        ]


def _flavor(profile: Resource) -> str | None:
    properties: Document = profile.spec["resource"].get("properties", {})
    return properties.get("flavor")


async def _end_all_tasks() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
