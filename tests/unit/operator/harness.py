"""The operator between fakes on a fake clock, changes by others, and the checks of the end state.

At the end, failures stop and time passes. Then every object must be Ready, or not Ready for a
reason that is expected here, without an orphan or a duplicate in the cloud. After the deletion of
every object, nothing may be left.
"""

import asyncio
import base64
import re
from collections.abc import Coroutine
from itertools import count
from typing import Any

import pytest

from openstack_clustering import Cluster, Node
from senlin_operator.cloud.pace import Pace
from senlin_operator.kinds import KINDS
from senlin_operator.kube.objects import RECONCILE_AT, SECRET, Key, Resource
from tests.unit.operator.builders import SECRET_KEY, Clock, Document
from tests.unit.operator.environment import ALL_KINDS, Environment, set_clock
from tests.unit.operator.fake_guarded_senlin import FakeGuardedSenlin

ABSENT = Key("SenlinProfile", "team", "absent")
# Seconds between two polls, longer after each poll without a change: enough for a retry, for a new
# process to trust an absence, for the retry of a refused request, and until an action must be
# orphaned.
_PAUSES = (1.0, 1.0, 11.0, 40.0, 310.0, 310.0, 4000.0)
_PATIENCE = 11  # minutes until what is waited for counts as Stalled
_RETRIED = 6  # minutes until what fails is tried again at the latest
_TURNS = 10  # of Senlin's engine in a minute, in which it ends what it has begun
_STABLE = 2  # polls without a change, after which the state counts as final
_MAX_POLLS = 200  # until the state must be final


class Harness:
    """The environment, and how a test changes it and checks it."""

    task: "asyncio.Task[None]"
    pace: type[Pace] = Pace

    def __init__(self, senlin: type[FakeGuardedSenlin] = FakeGuardedSenlin) -> None:
        self.clock = Clock()
        self.patch = pytest.MonkeyPatch()
        set_clock(self.clock, self.patch)
        self.runner = asyncio.Runner()
        self.senlin = senlin(self.clock, self.exists)
        self.uids = count(1)
        self.env = Environment(self.clock, self.senlin, self.pace)
        self.senlin.known_uids = self.env.kube.uids

    def run(self, coroutine: Coroutine[Any, Any, None], polls: int = 0) -> None:
        """Run a coroutine, and poll some times afterwards."""

        async def run() -> None:
            await coroutine
            await self.env.until_idle()
            for _ in range(polls):
                await self.advance(1.0)

        self.runner.run(run())

    async def advance(self, seconds: float) -> None:
        """Let time pass: actions proceed, late requests arrive, and the project is polled."""
        self.clock.advance(seconds)
        self.senlin.work()
        self.senlin.catch_up()
        self.env.queue.add(ABSENT)  # so that the queue reads the clock
        await self.env.until_idle()
        await self.env.poll()
        if self.env.crash_point.crashed:
            await self.restart()

    async def restart(self) -> None:
        await _end_all_tasks()
        self.env.start_process()
        self.task = asyncio.create_task(self.env.controller.run())

    # The end state.

    def close(self) -> None:
        """Check the end state, and stop everything."""
        try:
            self.runner.run(self.check_end_state())
        finally:
            self.runner.run(_end_all_tasks())
            self.runner.close()
            self.patch.undo()

    async def check_end_state(self) -> None:
        if not hasattr(self, "task"):
            return
        self.stop_failures()
        await self.settle()
        assert self.unexpected_reasons() == []
        assert self.orphans_and_duplicates() == []
        self.change_what_has_ended()
        await self.check_progress_ends()
        await self.check_no_further_requests()
        for key in [*self.all_keys(), SECRET_KEY]:
            if key in self.env.kube:
                self.env.kube.remove(key)
        await self.settle(deleted=True)
        assert self.all_keys() == []
        assert self.orphans_and_duplicates() == []
        assert SECRET_KEY not in self.env.kube
        assert self.senlin.violations == []

    def stop_failures(self) -> None:
        self.senlin.refusals.clear()
        self.env.kube.refusals.clear()
        self.senlin.lose_reply = self.senlin.delay = False
        self.senlin.down, self.senlin.broken_builds = None, 0
        self.env.crash_point.requests_left = None

    async def settle(self, *, deleted: bool = False) -> None:
        """Let time pass until nothing changes any more, or until every object is deleted."""
        stable, before = 0, self.visible_state()
        for _ in range(_MAX_POLLS):
            await self.advance(_PAUSES[min(stable, len(_PAUSES) - 1)])
            now = self.visible_state()
            stable = stable + 1 if now == before and not self.senlin.busy else 0
            before = now
            if stable > _STABLE and not (self.all_keys() if deleted else self.unexpected_reasons()):
                return
            self.decide()

    def change_what_has_ended(self) -> None:
        """Change the manifest of each operation that is over, which starts nothing."""
        for key in self.env.kube.keys("SenlinOperation"):
            raw = self.env.kube[key]
            if "completionTime" in raw["status"]:
                self.apply({**raw, "spec": {**raw["spec"], "suspend": not raw["spec"]["suspend"]}})

    async def check_progress_ends(self) -> None:
        """Check that nothing is in progress for ever, after the patience that the docs give.

        What fails is in progress whenever it is tried again, and Stalled in between.
        """
        if {"Busy", "ActionRunning"} & {self.reason(key) for key in self.all_keys()}:
            for _ in range(3):  # an engine may have died: its action is in progress for an hour
                await self.advance(_PAUSES[-1])
        for _ in range(_PATIENCE):
            await self.advance(60.0)
        always = {*self.all_keys()}
        for _ in range(_RETRIED):
            for _ in range(_TURNS):
                self.senlin.work()
            await self.advance(60.0)
            always = {key for key in always & {*self.all_keys()} if self.is_in_progress(key)}
        assert {str(key): self.resource(key).condition("Reconciling") for key in always} == {}
        assert self.not_observed() == []

    def not_observed(self) -> list[str]:
        """Return the objects with a newer manifest than their status: kstatus has them wait."""
        resources = [self.resource(key) for key in self.all_keys()]
        return [
            str(it.key)
            for it in resources
            if not it.deleting and it.status["observedGeneration"] != it.generation
        ]

    def is_in_progress(self, key: Key) -> bool:
        reconciling = self.resource(key).condition("Reconciling")
        return reconciling is not None and reconciling["status"] == "True"

    async def check_no_further_requests(self) -> None:
        """Check that nothing is requested or written when every object is Ready."""
        operations = self.env.kube.keys("SenlinOperation")
        if any(self.reason(key) != "Ready" for key in self.all_keys() if key not in operations):
            return
        self.env.requests()
        self.env.writes()
        for _ in range(_STABLE):
            await self.advance(1.0)
        assert self.env.requests() == []
        assert self.env.writes() == []

    def visible_state(self) -> object:
        """Return all that changes while something is in progress."""
        snapshot = self.senlin.poll()
        statuses = {
            it.id: it["status"]
            for it in (*snapshot.all(Cluster).values(), *snapshot.all(Node).values())
        }
        return {key: self.reason(key) for key in self.all_keys()}, statuses, {*snapshot.unfinished}

    def decide(self) -> None:
        """Decide as people would: request a reconcile of objects that wait for one."""
        for key in self.all_keys():
            if self.reason(key) == "ProjectEmptied":
                self.set_annotation(key, RECONCILE_AT, str(self.clock()))

    # Objects.

    def write(self, raw: Document, polls: int) -> None:
        async def write() -> None:
            self.apply(raw)

        self.run(write(), polls)

    def annotate(self, key: Key, name: str, value: str, polls: int) -> None:
        async def annotate() -> None:
            self.set_annotation(key, name, value)

        self.run(annotate(), polls)

    def set_annotation(self, key: Key, name: str, value: str | None) -> None:
        """Set an annotation, and remove all others; None: remove it, too."""
        raw, annotations = self.env.kube[key], {} if value is None else {name: value}
        self.env.kube.apply({**raw, "metadata": {**raw["metadata"], "annotations": annotations}})

    def apply(self, raw: Document) -> None:
        key = Resource(raw["kind"], raw).key
        known = self.env.kube[key]["metadata"] if key in self.env.kube else {}
        if "deletionTimestamp" in known:
            return
        uid = known.get("uid", f"uid-{next(self.uids)}")
        self.env.kube.apply({**raw, "metadata": {**raw["metadata"], "uid": uid}})

    def exists(self, uid: str) -> bool:
        found = (self.resource(key) for key in self.env.kube.keys("SenlinNode"))
        return any(it.uid == uid and not it.deleting for it in found)

    def resource(self, key: Key) -> Resource:
        return Resource(key.kind, self.env.kube[key])

    def all_keys(self) -> list[Key]:
        return [key for kind in ALL_KINDS for key in self.env.kube.keys(kind)]

    def cloud_id(self, kind: str, name: str) -> str | None:
        key = Key(kind, "team", name)
        id_ = self.resource(key).cloud_id if key in self.env.kube else None
        return id_ if id_ and self.senlin.owner_of(id_) else None

    def receiver_id(self, name: str) -> str | None:
        """Return the id in the URL that the Secret of a receiver has."""
        key = Key(SECRET, "team", name)
        encoded = self.env.kube[key]["data"].get("url", "") if key in self.env.kube else ""
        match = re.search(r"/webhooks/([^/]+)/", base64.b64decode(encoded).decode())
        return match[1] if match else None

    def id_of(self, key: Key) -> str | None:
        if key.kind == "SenlinReceiver":
            return self.receiver_id(key.name)
        return self.resource(key).cloud_id

    def reason(self, key: Key) -> str:
        return str((self.resource(key).condition("Ready") or {}).get("reason"))

    def unexpected_reasons(self) -> list[str]:
        """Return the objects that are not Ready, and should be."""
        return [
            f"{key}: {self.reason(key)} {self.resource(key).condition('Ready')}"
            for key in self.all_keys()
            if self.reason(key) not in self.expected_reasons(self.resource(key))
        ]

    def expected_reasons(self, resource: Resource) -> set[str]:
        """Return the reasons that an object may have in the end, by its spec and its references."""
        if resource.key.kind == "SenlinOperation":
            return self.reasons_of_an_operation(resource)
        if resource.deleting:
            return {"InUse"}
        references = KINDS[resource.key.kind].references(resource)
        if any(key not in self.env.kube for key in references):
            return {"ReferenceMissing"}
        referred = [self.resource(key) for key in references]
        any_deleting = any(other.deleting for other in referred)
        waits = {"ReferenceMissing", "ReferenceNotReady", "Busy"} if any_deleting else set()
        if not all(other.cloud_id for other in referred):
            return waits | {"ReferenceNotReady"}
        return waits | {"Ready"} | self.reasons_for_failure(resource, referred)

    def reasons_of_an_operation(self, resource: Resource) -> set[str]:
        """Return the reasons that it may have in the end: it is over, or has something to wait for.

        Nobody ends an action whose engine was stopped, but on the cluster of a managed resource.
        """
        if "completionTime" in resource.status:
            return set() if resource.has_finalizer else {self.reason(resource.key)}
        if resource.spec["suspend"] and not resource.status.get("action"):
            return {"Suspended"}
        reasons = {"Suspended"} if resource.spec["suspend"] else set()
        for key in ALL_KINDS[resource.key.kind].references(resource):
            if key not in self.env.kube or self.resource(key).deleting:
                return reasons | {"ReferenceMissing"}
            id_ = self.resource(key).cloud_id
            if id_ is None or not self.senlin.poll().holds(id_):
                return reasons | {"ReferenceNotReady"}
        if self.senlin.unfinished(resource.status.get("target", {}).get("id", "")):
            reasons |= {"ActionRunning", "Busy"}
        return reasons

    def reasons_for_failure(self, resource: Resource, referred: list[Resource]) -> set[str]:
        """Return the reasons that an object may have by its own spec, or by changes of others."""
        if resource.unmanaged or resource.key.kind not in ("SenlinCluster", "SenlinNode"):
            return self.reasons_of_a_mirror(resource)
        spec = resource.spec["resource"]
        unbuildable = any(_flavor(other) == "none" for other in referred)
        reasons = {"ActionFailed", "ActionRunning", "Degraded"} if unbuildable else set()
        if resource.key.kind == "SenlinNode":
            return reasons | self.reasons_of_a_node(resource)
        members = self.senlin.members(resource.cloud_id or "")
        declared = [node for node in self.declared(resource.key.name) if not node.deleting]
        if any(node["status"] != "ACTIVE" for node in members):
            reasons |= {"Degraded"}
        if spec["capacityOwner"] == "Senlin" and len(members) != self.size_of(resource):
            reasons |= {"Degraded"}  # an engine died during a scaling, and Senlin owns the size
        if {"young", "old"} <= {ref["policyRef"]["name"] for ref in spec.get("policies", ())}:
            reasons |= {"PoliciesConflict"}
        if len(declared) > spec["desiredCapacity"] and spec["capacityOwner"] == "Spec":
            reasons |= {"TooManyMembers"}
        if any(self.reason(node.key) != "Ready" for node in declared):
            reasons |= {"MembersPending"}
        if any(node["status"] != "ACTIVE" and node["metadata"] for node in members):
            # An update of the cluster fails on a SenlinNode without a server, which is not removed.
            reasons |= {"ActionFailed", "ActionRunning"}
        return reasons

    def size_of(self, resource: Resource) -> int | None:
        cluster = self.senlin.poll().all(Cluster).get(resource.cloud_id or "")
        return cluster.desired_capacity if cluster else None

    def reasons_of_a_mirror(self, resource: Resource) -> set[str]:
        id_ = resource.cloud_id if resource.unmanaged else None
        node = self.senlin.poll().all(Node).get(id_ or "")
        if node is None or node.status == "ACTIVE":
            return set()
        # Busy: its engine died, and no managed object has the cluster evaluated again.
        return {"Degraded"} if node.status == "ERROR" else {"Busy"}

    def reasons_of_a_node(self, resource: Resource) -> set[str]:
        node = self.senlin.poll().all(Node).get(resource.cloud_id or "")
        if node is None:
            return set()
        bound = self.senlin.bindings(node.cluster_id)
        destroys = any(binding["policy_type"].startswith("senlin.policy.del") for binding in bound)
        lost = {"Degraded", "Busy"} if node.status != "ACTIVE" else set()
        return lost | ({"Unsafe"} if destroys else set())

    def declared(self, cluster: str) -> list[Resource]:
        found = (self.resource(key) for key in self.env.kube.keys("SenlinNode"))
        managed = (it for it in found if not it.unmanaged)
        return [it for it in managed if it.spec["resource"].get("clusterRef") == {"name": cluster}]

    def is_of_others(self, id_: str) -> bool:
        return id_ in self.senlin.foreign

    def orphans_and_duplicates(self) -> list[str]:
        """Return the cloud objects with an owner's marker that no existing object refers to."""
        used = {self.resource(key).uid: self.id_of(key) for key in self.all_keys()}
        snapshot = self.senlin.poll()
        return [
            f"{id_} of {owner}"
            for objects in snapshot.objects.values()
            for id_ in objects
            if not self.is_of_others(id_)
            and (owner := self.senlin.owner_of(id_)) not in ("None", None)
            and used.get(str(owner)) != id_
        ]


def _flavor(profile: Resource) -> str | None:
    properties: Document = profile.spec["resource"].get("properties", {})
    return properties.get("flavor")


async def _end_all_tasks() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
