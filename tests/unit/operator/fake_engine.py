"""A fake of Senlin's engine: the actions, with all effects that an operator can observe.

It follows Senlin 16: senlin/engine/actions/{cluster_action,node_action}.py, senlin_lock.py and
common/scaleutils.py, bugs included. A cluster without nodes counts as large as its record says; one
failing child action turns its parent FAILED while the other children run; and after an engine dies,
its half-finished work stays. Each action is a generator; between its steps other actions proceed.
"""

import time
from abc import abstractmethod
from collections.abc import Callable, Generator, Iterable
from datetime import UTC, datetime
from functools import partial

from tests.unit.operator.fake_records import NOW, Document, Records, fits, worth

Work = Generator[None, None, str]  # returns the fault, or an empty text
ENDED = ("SUCCEEDED", "FAILED", "CANCELLED")
_LOCK_TRIES = 3
_FORCEFUL = ("CLUSTER_DELETE", "NODE_DELETE", "NODE_OPERATION")
# The children of these are stored without their cluster.
_APART = ("CLUSTER_CHECK", "CLUSTER_RECOVER", "CLUSTER_OPERATION")
_BUILDING = ("NODE_CREATE", "NODE_RECOVER")
_SEVERAL = "senlin.policy.scaling"


class Engine(Records):
    """The records, their servers, and the actions that run."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self.slow = False  # actions proceed only when `work` or `finish` is called
        self.started: list[str] = []  # ids of actions
        self._clock = clock
        self._actions: dict[str, Document] = {}
        self._jobs: dict[str, Work] = {}  # of the actions that an engine works on
        self._child_work: dict[str, Callable[[], str]] = {}  # by the id of a child action
        self._locks: dict[str, str] = {}  # by cluster or node: the action that holds the lock

    # Progress.

    def work(self) -> None:
        """Let each action proceed by one step."""
        for id_ in list(self._jobs):
            self._advance(id_)

    def finish(self) -> None:
        """Let all started actions end."""
        while self._jobs:
            self.work()

    def die(self, *, cleanly: bool) -> None:
        """Have the engine die, and another one start.

        After a crash, its actions are set to FAILED; after a clean stop, they stay. Their
        locks are released either way. The new engine picks up the actions that had not started.
        """
        for id_ in [it for it in self._jobs if self._actions[it]["start_time"] is not None]:
            self._drop(id_)
            for action in self._with_children(id_):
                if action["id"] in self._child_work and action["start_time"] is None:
                    self._jobs[action["id"]] = self._alone(action)
                elif not cleanly and action["status"] not in ENDED:
                    self._end(action, "Engine failure.")

    @abstractmethod
    def lose_receivers(self, cluster_id: str) -> None:
        """Delete the receivers of a cluster."""

    @property
    def busy(self) -> bool:
        return bool(self._jobs)

    # Actions.

    def begin(
        self,
        name: str,
        target: str,
        work: Callable[[Document], Work],
        inputs: Document | None = None,
    ) -> str:
        """Accept an action; an engine picks it up soon."""
        action = self._record(name, target, "RPC Request", inputs=inputs)
        self._jobs[action["id"]] = self._run(action, work(action))
        self.started.append(action["id"])
        if not self.slow:
            self.finish()
        return str(action["id"])

    def unfinished(self, target: str) -> list[Document]:
        """Return the actions on a cluster (with its members) or a node that have not ended."""
        targets = {target, *(node["id"] for node in self.members(target))}
        found = (it for it in self._actions.values() if it["target"] in targets)
        return [it for it in found if it["status"] not in ENDED or it["depends_on"]]

    def locked(self, id_: str) -> bool:
        """Return whether an action holds the cluster, or a member of it; or the node."""
        return id_ in self._locks or any(node["id"] in self._locks for node in self.members(id_))

    def steal(self, id_: str, by_action: str = "") -> None:
        """Take the locks away from the actions that hold them, as a deletion does."""
        targets = {id_, *(node["id"] for node in self.members(id_))}
        for job in [it for it in self._jobs if self._actions[it]["target"] in targets]:
            if job == by_action:
                continue
            self._drop(job)
            for action in self._with_children(job):
                self._end(action, "The lock was taken away.")

    def cancel(self, id_: str) -> None:
        """Cancel an action and its children by force; running work continues without a lock."""
        self._locks = {held: by for held, by in self._locks.items() if by != id_}
        for action in self._with_children(id_):
            action.update(status="CANCELLED", end_time=self._clock())
            self._release(action)

    def _record(
        self,
        name: str,
        target: str,
        cause: str,
        cluster: str | None = None,
        inputs: Document | None = None,
    ) -> Document:
        id_ = f"action-{next(self._ids)}"
        if cluster is None:
            node = self._nodes.get(target)
            cluster = node["cluster_id"] if node else target
        self._actions[id_] = {
            "id": id_,
            "action": name,
            "target": target,
            "cluster_id": cluster,
            "cause": cause,
            "inputs": dict(inputs or {}),
            "status": "READY",
            "status_reason": "",
            "depends_on": [],
            "created_at": _whole_seconds(self._clock()),
            "start_time": None,
            "end_time": None,
            "timeout": self._clusters.get(target, {}).get("timeout") or 3600,
        }
        return self._actions[id_]

    def _run(self, action: Document, work: Work) -> Work:
        target = action["target"]
        yield
        for _ in range(_LOCK_TRIES):
            if action["action"] in _FORCEFUL and self._open(action):
                self.steal(target, action["id"])
            if self._free(action):
                break
            yield
        else:
            return "Failed in locking."
        if target not in self._clusters and target not in self._nodes:
            return f"{target} could not be found."
        self._locks[target] = action["id"]
        action.update(status="RUNNING", start_time=self._clock())
        fault = yield from work
        return fault

    def _free(self, action: Document) -> bool:
        return self._open(action) and not self.locked(action["target"])

    def _open(self, action: Document) -> bool:
        """Return whether no action holds the cluster of a node."""
        snapshot = action["cluster_id"]
        return snapshot == action["target"] or snapshot not in self._locks

    def _advance(self, id_: str) -> None:
        if id_ not in self._jobs:
            return
        try:
            next(self._jobs[id_])
        except StopIteration as end:
            self._drop(id_)
            self._end(self._actions[id_], end.value)

    def _drop(self, id_: str) -> None:
        self._jobs.pop(id_).close()
        self._locks = {held: by for held, by in self._locks.items() if by != id_}

    def _end(self, action: Document, fault: str) -> None:
        if action["status"] == "CANCELLED":
            return
        status = "FAILED" if fault else "SUCCEEDED"
        action.update(status=status, status_reason=fault, end_time=self._clock())
        self._release(action)

    def _release(self, action: Document) -> None:
        """Remove the dependencies on an ended action, and its own."""
        action["depends_on"] = []
        for other in self._actions.values():
            if action["id"] in other["depends_on"]:
                other["depends_on"] = [it for it in other["depends_on"] if it != action["id"]]

    def _alone(self, action: Document) -> Work:
        """Carry out a child action whose parent has lost its engine."""
        yield
        action.update(status="RUNNING", start_time=self._clock())
        yield
        return self._child_work[action["id"]]()

    def _with_children(self, id_: str) -> list[Document]:
        children = self._actions[id_].get("children", ())
        return [self._actions[it] for it in (id_, *children)]

    def each(
        self, parent: Document, name: str, nodes: Iterable[Document], do: Callable[[Document], str]
    ) -> Work:
        """Carry out a child action a node; one that fails sets the parent to FAILED at once."""
        nodes = list(nodes)
        cluster = "" if parent["action"] in _APART else parent["cluster_id"]
        todo = [self._record(name, it["id"], "Derived Action", cluster) for it in nodes]
        if not todo:
            return ""
        parent.update(status="WAITING", depends_on=[it["id"] for it in todo])
        parent["children"] = list(parent["depends_on"])
        for action, node in zip(todo, nodes, strict=True):
            self._child_work[action["id"]] = partial(do, node)
        fault = ""
        for action, node in zip(todo, nodes, strict=True):
            action.update(status="RUNNING", start_time=self._clock())
            yield
            if name in _BUILDING:
                yield from self._servers()
            failed = do(node)
            self._end(action, failed)
            fault = fault or failed
            if fault:
                parent.update(status="FAILED", status_reason="Action execution failed")
        yield  # the parent notices, some time later
        return fault

    def _servers(self) -> Generator[None]:
        """Wait for the server that is built."""
        while self.slow_builds and not self.broken_builds:
            yield

    # Clusters.

    def create(self, action: Document) -> Work:
        cluster = self._clusters[action["target"]]
        cluster["status"] = "CREATING"
        fault = yield from self.build(action, cluster, cluster["desired_capacity"])
        cluster["created_at"] = None if fault else NOW
        self.weigh(cluster)
        return fault

    def update(self, action: Document, fields: Document) -> Work:
        cluster = self._clusters[action["target"]]
        cluster["status"] = "UPDATING"
        yield
        apart = ("profile_id", "is_profile_only")
        cluster.update({name: it for name, it in fields.items() if name not in apart})
        fault = ""
        if fields.get("is_profile_only"):
            cluster["profile_id"] = fields["profile_id"]
        elif profile := fields.get("profile_id"):
            old = [it for it in self.members(cluster["id"]) if it["profile_id"] != profile]
            change = lambda node: self.reprofile(node, profile)  # noqa: E731
            fault = yield from self.each(action, "NODE_UPDATE", old, change)
            if not fault:
                cluster["profile_id"] = profile
        self.weigh(cluster)
        return fault

    def resize(self, action: Document, number: int, least: int, most: int) -> Work:
        cluster = self._clusters[action["target"]]
        members = self.members(cluster["id"])
        current = len(members) or cluster["desired_capacity"]  # so in scaleutils
        if not fits(number, least, most):
            return f"The target capacity ({number}) is beyond the specified limits."
        if current - number > len(members):
            return "empty range for randrange()"
        cluster.update(min_size=least, max_size=most, status="RESIZING")
        cluster["desired_capacity"] = len(members) + number - current
        yield
        worst = sorted(members, key=worth)[: max(current - number, 0)]
        fault = yield from self.each(action, "NODE_DELETE", worst, self.destroy)
        if not fault:
            fault = yield from self.build(action, cluster, max(number - current, 0))
        self.weigh(cluster)
        return fault

    def drop(self, action: Document, nodes: Iterable[str], *, destroy: bool) -> Work:
        cluster = self._clusters[action["target"]]
        leaving = [it for it in self.members(cluster["id"]) if it["id"] in nodes]
        desired = len(self.members(cluster["id"])) - len(leaving)
        if not fits(desired, cluster["min_size"], cluster["max_size"]):
            return "The target capacity is beyond the limits."
        rule = self.deletion_policy(cluster["id"])
        # Senlin takes True for it if the policy says nothing: see tests/contract/differences.py.
        destroy = rule.get("destroy_after_deletion", destroy)
        leave = self.destroy if destroy else self.leave
        name = "NODE_DELETE" if destroy else "NODE_LEAVE"
        fault = yield from self.each(action, name, leaving, leave)
        if rule.get("reduce_desired_capacity", True):
            cluster["desired_capacity"] = desired  # even if they have not left
        self.weigh(cluster)
        return fault

    def join(self, action: Document, nodes: Iterable[str]) -> Work:
        cluster = self._clusters[action["target"]]
        joining = [self._nodes[id_] for id_ in nodes if id_ in self._nodes]
        desired = len(self.members(cluster["id"])) + len(joining)
        if not fits(desired, cluster["min_size"], cluster["max_size"]):
            return "The target capacity is beyond the limits."
        enter = lambda node: self.enter(cluster, node)  # noqa: E731
        fault = yield from self.each(action, "NODE_JOIN", joining, enter)
        if not fault:
            cluster["desired_capacity"] = len(self.members(cluster["id"]))
            self.weigh(cluster)
        return fault

    def delete(self, action: Document) -> Work:
        cluster = self._clusters[action["target"]]
        self.lose_receivers(cluster["id"])
        cluster["status"] = "DELETING"
        for id_ in [it["id"] for it in self.bindings(cluster["id"])]:
            del self._bindings[id_]
        members = self.members(cluster["id"])
        yield from self.each(action, "NODE_DELETE", members, self.destroy)
        del self._clusters[cluster["id"]]
        return ""

    def bind(self, action: Document, policy_id: str, *, enabled: bool) -> Work:
        cluster_id = action["target"]
        yield
        if policy_id not in self._policies:  # somebody was faster
            return "The policy could not be found."
        policy = self._policies[policy_id]
        bound = self.bindings(cluster_id)
        type_ = f"{policy['spec']['type']}-{policy['spec']['version']}"
        if any(it["policy_id"] == policy_id for it in bound):
            return ""
        if not type_.startswith(_SEVERAL) and any(it["policy_type"] == type_ for it in bound):
            return f"Only one instance of policy type ({type_}) can be attached."
        id_ = f"binding-{next(self._ids)}"
        self._bindings[id_] = {
            "id": id_,
            "cluster_id": cluster_id,
            "policy_id": policy_id,
            "policy_name": policy["name"],
            "policy_type": type_,
            "enabled": enabled,
        }
        return ""

    def switch(self, action: Document, policy_id: str, *, enabled: bool) -> Work:
        yield
        self.binding(action["target"], policy_id)["enabled"] = enabled
        return ""

    def unbind(self, action: Document, policy_id: str) -> Work:
        yield
        del self._bindings[self.binding(action["target"], policy_id)["id"]]
        return ""

    # Nodes.

    def build_node(self, action: Document) -> Work:
        node = self._nodes[action["target"]]
        node["status"] = "CREATING"
        yield
        yield from self._servers()
        return self.start(node)

    def change_node(self, action: Document, fields: Document) -> Work:
        node = self._nodes[action["target"]]
        if not node["physical_id"]:
            return "Node update failed."
        node["status"] = "UPDATING"
        yield
        node.update({name: it for name, it in fields.items() if name != "profile_id"})
        fault = ""
        if profile := fields.get("profile_id"):
            fault = self.reprofile(node, profile)
        if not fault:  # whatever its server does
            node.update(status="ACTIVE", status_reason="")
        return fault

    def remove_node(self, action: Document) -> Work:
        node = self._nodes[action["target"]]
        cluster = self._clusters.get(node["cluster_id"])
        left = len(self.members(cluster["id"])) - 1 if cluster else 0
        if cluster and left < cluster["min_size"]:
            return "The target capacity is less than the cluster's min_size."
        node["status"] = "DELETING"
        yield
        self.destroy(node)
        if cluster:
            cluster["desired_capacity"] = left
            self.weigh(cluster)
        return ""

    def build(self, action: Document, cluster: Document, number: int) -> Work:
        made = [self.new_node(cluster) for _ in range(number)]
        return self.each(action, "NODE_CREATE", made, self.start)


def _whole_seconds(time_: float) -> str:
    return datetime.fromtimestamp(time_, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
