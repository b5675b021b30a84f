"""A fake of Senlin's actions on what exists: checks, recoveries, sizes, operations, cancellations.

It follows Senlin 16: senlin/conductor/service.py says what a request is refused for and what its
action stores as inputs, senlin/engine/actions what the action does.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from openstack_clustering import Action, ClientException, ClusterAttr
from openstack_clustering.exceptions import (
    BadRequest,
    Conflict,
    ResourceNotFound,
    ServerError,
)
from tests.unit.operator.fake_engine import ENDED, Work
from tests.unit.operator.fake_receivers import Receivers
from tests.unit.operator.fake_records import Document, worth
from tests.unit.operator.fake_sizes import calculated, size_fault, truncated

_RECOVERIES = ("REBOOT", "REBUILD", "RECREATE")
_PERFORMED = ("reboot", "change_password", "pause", "unpause", "start", "stop")
_ANYTIME = ("NODE_OPERATION",)  # Senlin starts them beside others, and takes the lock by force


class Operations(Receivers):
    """The actions that no new record begins with, and the requests that start them."""

    down: ClientException | None  # the error of all lists

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.asked_by = ""  # the uid of the SenlinOperation that the current request is for
        self.sent_for: defaultdict[str, list[str]] = defaultdict(list)  # its actions, in order

    # Actions.

    def actions(
        self,
        status: Iterable[str] | None = None,
        target: str | Iterable[str] | None = None,
        action: str | None = None,
        cluster_id: str | None = None,
        sort: str = "",
        limit: int | None = None,
    ) -> Iterator[Action]:
        """Yield actions; those of one second have no order, and `limit` is that of a page."""
        if self.down:
            raise self.down
        wanted = {
            "status": None if status is None else [*status],
            "target": [target] if isinstance(target, str) else target and [*target],
            "action": action and [action],
            "cluster_id": cluster_id and [cluster_id],
        }
        found = [
            it
            for it in self._actions.values()
            if all(it[name] in values for name, values in wanted.items() if values)
        ]
        if sort == "created_at:desc":
            found.sort(key=lambda it: str(it["created_at"]), reverse=True)
        return (Action({**it, "depends_on": list(it["depends_on"])}) for it in found)

    def cancel_action(self, id_: str, force: bool = False) -> None:
        """Cancel by force, or ask for it: only an action that waits or has not begun notices."""
        self._receive("cancel_action", id_)
        if id_ not in self._actions:
            raise missing(f"The action '{id_}' could not be found.")
        if force:
            self.cancel(id_)
        elif self._actions[id_]["status"] in ENDED:
            raise Conflict(f"The action {id_} has ended.", type="ActionImmutable")
        else:
            self._actions[id_]["cancelling"] = True
        self._reply(None)

    def purge(self, id_: str) -> None:
        """Delete the record of an action, as the manage command does."""
        if id_ in self._jobs:
            self._drop(id_)
        del self._actions[id_]

    def _advance(self, id_: str) -> None:
        action = self._actions[id_]
        if id_ in self._jobs and action.get("cancelling") and action["status"] != "RUNNING":
            self._break_off(action)
        else:
            super()._advance(id_)

    def _break_off(self, action: Document) -> None:
        """End an action early; those of its children that run go on without it."""
        self._drop(action["id"])
        for child in self._with_children(action["id"])[1:]:
            if child["status"] == "RUNNING":
                self._jobs[child["id"]] = self._alone(child)
            elif child["status"] not in ENDED:
                child.update(status="CANCELLED", end_time=self._clock())
                self._release(child)
        if action["status"] not in ENDED:
            action.update(status="CANCELLED", end_time=self._clock())
        if cluster := self._clusters.get(action["target"]):
            self.weigh(cluster)  # too early

    def _act(
        self,
        name: str,
        target: str,
        work: Callable[[Document], Work],
        inputs: Document | None = None,
    ) -> Document:
        if name not in _ANYTIME:
            self._check_free(target)
        id_ = self.begin(name, target, work, inputs)
        if self.asked_by:
            self.sent_for[self.asked_by].append(id_)
        return self._reply({"action": id_})

    def _check_free(self, target: str) -> None:
        if self.locked(target):
            raise Conflict(f"{target} is locked by another action.", type="ResourceIsLocked")
        others = [
            it["id"]
            for it in self._actions.values()
            if it["target"] == target and it["status"] not in ENDED
        ]
        if others:
            raise Conflict(f"Actions {others} are in conflict with it.", type="ActionConflict")

    def _find_cluster(self, verb: str, id_: str, *fields: object) -> Document:
        return self._find(self._clusters, "cluster", verb, id_, *fields)

    # Checks.

    def check_cluster(self, id_: str, **inputs: Any) -> Document:
        self._find_cluster("check_cluster", id_)
        return self._act("CLUSTER_CHECK", id_, self.check, inputs)

    def check(self, action: Document) -> Work:
        cluster = self._clusters[action["target"]]
        cluster["status"] = "CHECKING"
        members = self.members(cluster["id"])
        fault = yield from self.each(action, "NODE_CHECK", members, self.examine)
        self.weigh(cluster)
        return fault

    def check_node(self, id_: str, **inputs: Any) -> Document:
        self._find(self._nodes, "node", "check_node", id_)
        return self._act("NODE_CHECK", id_, self.probe_node, inputs)

    def probe_node(self, action: Document) -> Work:
        yield
        return self.examine(self._nodes[action["target"]])

    # Recoveries.

    def recover_cluster(self, id_: str, **wanted: Any) -> Document:
        self._find_cluster("recover_cluster", id_, wanted.get("operation"))
        inputs = _recovery(wanted, "check", "check_capacity")
        return self._act("CLUSTER_RECOVER", id_, self.recover, inputs)

    def recover(self, action: Document) -> Work:
        cluster, inputs = self._clusters[action["target"]], action["inputs"]
        operation = inputs.get("operation", "RECREATE")
        cluster["status"] = "RECOVERING"
        if inputs.get("check"):
            for node in self.members(cluster["id"]):
                self.examine(node)
        broken = [it for it in self.members(cluster["id"]) if it["status"] != "ACTIVE"]
        # Python stumbles over it.
        hopeless = operation == "REBUILD" and inputs.get("operation_params") is None
        mend = lambda node: self.stumble(node) if hopeless else self.mend(node, operation)  # noqa: E731
        fault = yield from self.each(action, "NODE_RECOVER", broken, mend)
        if inputs.get("check_capacity") and not fault:
            number = cluster["desired_capacity"] - len(self.members(cluster["id"]))
            fault = yield from self.build(action, cluster, max(number, 0))
        self.weigh(cluster)
        return fault

    def recover_node(self, id_: str, **wanted: Any) -> Document:
        self._find(self._nodes, "node", "recover_node", id_, wanted.get("operation"))
        inputs = _recovery(wanted, "check", "delete_timeout", "force_recreate")
        return self._act("NODE_RECOVER", id_, self.repair_node, inputs)

    def repair_node(self, action: Document) -> Work:
        node, inputs = self._nodes[action["target"]], action["inputs"]
        if inputs.get("check") and not self.examine(node) and node["status"] == "ACTIVE":
            return ""
        node["status"] = "RECOVERING"
        yield
        yield from self._servers()
        return self.mend(node, inputs.get("operation", "RECREATE"))

    # Sizes.

    def resize_to(self, id_: str, number: int, least: int, most: int) -> None:
        """Have somebody else resize a cluster."""
        size = {"number": number, "min_size": least, "max_size": most}
        self.resize_cluster(id_, adjustment_type="EXACT_CAPACITY", **size)

    def resize_cluster(self, id_: str, **wanted: Any) -> Document:
        names = ("adjustment_type", "number", "min_size", "max_size", "min_step")
        type_, number, least, most, step = (wanted.get(name) for name in names)
        strict = wanted.get("strict", True)
        given = (type_, number, least, most, *([] if step is None else [step]))
        cluster = self._find_cluster("resize_cluster", id_, *given, *([] if strict else ["lax"]))
        if (type_ is None) != (number is None) or (type_, least, most) == (None,) * 3:
            raise bad("A resize needs a type with a number, or a limit.")
        current = len(self.members(id_))
        desired = calculated(current, type_, number or 0, step) if type_ else None
        if fault := size_fault(cluster, desired, least, most, strict=strict):
            raise bad(fault)
        # min_step is read, and stored, only for percentages.
        step = step if type_ == "CHANGE_IN_PERCENTAGE" else None
        values = (type_, number, least, most, step)
        inputs = {**dict(zip(names, values, strict=True)), "strict": strict}
        return self._act("CLUSTER_RESIZE", id_, self.adjust, inputs)

    def adjust(self, action: Document) -> Work:
        cluster, it = self._clusters[action["target"]], action["inputs"]
        current = len(self.members(cluster["id"])) or cluster["desired_capacity"]
        desired, type_ = current, it["adjustment_type"]
        if type_:
            desired = calculated(current, type_, it["number"], it["min_step"])
        limits = it["min_size"], it["max_size"]
        if not it["strict"]:
            desired = truncated(cluster, desired, *limits)
        if fault := size_fault(cluster, desired, *limits, strict=it["strict"]):
            return fault
        least = cluster["min_size"] if limits[0] is None else limits[0]
        most = cluster["max_size"] if limits[1] is None else limits[1]
        return (yield from self.resize(action, desired, least, most))

    def scale_out_cluster(self, id_: str, count: int | None = None) -> Document:
        return self._scale("scale_out", id_, count)

    def scale_in_cluster(self, id_: str, count: int | None = None) -> Document:
        return self._scale("scale_in", id_, count)

    def _scale(self, verb: str, id_: str, count: int | None) -> Document:
        self._find_cluster(f"{verb}_cluster", id_, count)
        if count is not None and count < 1:
            raise bad(f"Count for {verb} request cannot be {count}.")
        inputs = {} if count is None else {"count": count}
        return self._act(f"CLUSTER_{verb.upper()}", id_, self.scale, inputs)

    def scale(self, action: Document) -> Work:
        cluster, count = self._clusters[action["target"]], action["inputs"].get("count", 1)
        members = self.members(cluster["id"])
        grows = action["action"] == "CLUSTER_SCALE_OUT"
        change = count if grows else -min(count, len(members))
        desired = len(members) + change
        if fault := size_fault(cluster, desired, None, None, strict=True):
            return fault
        cluster.update(desired_capacity=desired, status="RESIZING")
        yield
        if grows:
            fault = yield from self.build(action, cluster, change)
        else:
            worst = sorted(members, key=worth)[:-change]
            fault = yield from self.each(action, "NODE_DELETE", worst, self.destroy)
        self.weigh(cluster)
        return fault

    # Members.

    def replace_nodes_in_cluster(self, id_: str, nodes: Mapping[str, str]) -> Document:
        self._find_cluster("replace_nodes_in_cluster", id_, *nodes.items())
        for old, new in nodes.items():
            if fault := self._unfit(id_, old, new):
                raise bad(fault)
        inputs = {"candidates": dict(nodes)}
        return self._act("CLUSTER_REPLACE_NODES", id_, self.replace, inputs)

    def replace(self, action: Document) -> Work:
        cluster, pairs = self._clusters[action["target"]], action["inputs"]["candidates"]
        faults = [it for pair in pairs.items() if (it := self._unfit(cluster["id"], *pair))]
        if faults:
            return "\n".join(faults)
        yield
        joining = [self._nodes[id_] for id_ in pairs.values()]
        leaving = [self._nodes[id_] for id_ in pairs]
        enter = lambda node: self.enter(cluster, node)  # noqa: E731
        fault = yield from self.each(action, "NODE_JOIN", joining, enter)
        if not fault:
            fault = yield from self.each(action, "NODE_LEAVE", leaving, self.leave)
        self.weigh(cluster)
        return fault

    def _unfit(self, cluster_id: str, old: str, new: str) -> str:
        if any(it not in self._nodes for it in (old, new)):
            return f"Nodes not found: {old}, {new}."
        if self._nodes[old]["cluster_id"] != cluster_id:
            return f"The specified nodes {old} are not members of the cluster."
        if self._nodes[new]["cluster_id"]:
            return f"Nodes {new} already member of a cluster."
        return "" if self._nodes[new]["status"] == "ACTIVE" else f"Nodes are not ACTIVE: {new}."

    # Operations of the profile's type, and what the nodes' documents say.

    def perform_operation_on_cluster(self, id_: str, operation: str, **params: Any) -> Document:
        self._find_cluster("perform_operation_on_cluster", id_, operation)
        _check_performed(operation)
        nodes = [node["id"] for node in self.members(id_)]
        if not nodes:
            raise bad("No node (matching the filter) could be found")
        inputs = {"operation": operation, "params": params, "nodes": nodes}
        return self._act("CLUSTER_OPERATION", id_, self.operate, inputs)

    def operate(self, action: Document) -> Work:
        cluster = self._clusters[action["target"]]
        cluster["status"] = "OPERATING"
        nodes = [it for it in self.members(cluster["id"]) if it["id"] in action["inputs"]["nodes"]]
        fault = yield from self.each(action, "NODE_OPERATION", nodes, self.performed)
        self.weigh(cluster)
        return fault

    def perform_operation_on_node(self, id_: str, operation: str, **params: Any) -> Document:
        self._find(self._nodes, "node", "perform_operation_on_node", id_, operation)
        _check_performed(operation)
        inputs = {"operation": operation, "params": params}
        return self._act("NODE_OPERATION", id_, self.operate_node, inputs)

    def operate_node(self, action: Document) -> Work:
        node = self._nodes[action["target"]]
        node["status"] = "OPERATING" if node["physical_id"] else node["status"]
        yield
        return self.performed(node)

    def performed(self, node: Document) -> str:
        if not node["physical_id"]:
            return "Node operation failed."
        if node["physical_id"] not in self.servers:
            self.break_(node, "The server could not be found.")
            return "Node operation failed."
        node.update(status="ACTIVE", status_reason="")
        return ""

    def collect_cluster_attrs(self, id_: str, path: str) -> Iterator[ClusterAttr]:
        self._find_cluster("collect_cluster_attrs", id_, path)
        if "[" in path:
            raise ServerError(f"Parse error in {path}", type="JSONPathError")
        found = [
            ClusterAttr({"id": it["id"], "value": it[path], "cluster_id": id_, "path": path})
            for it in self.members(id_)
            if path in it
        ]
        return iter(self._reply(found))


def _recovery(wanted: Mapping[str, Any], *others: str) -> Document:
    """Return what Senlin stores of a recovery's parameters; it knows some only beside another."""
    known = {"operation", *others, *(["operation_params"] if "operation" in wanted else [])}
    if strange := wanted.keys() - known:
        raise bad(f"Action parameter {sorted(strange)} is not recognizable.")
    if (operation := wanted.get("operation", "RECREATE")) not in _RECOVERIES:
        raise bad(f"Operation value '{operation}' is not allowed.")
    return dict(wanted)


def _check_performed(operation: str) -> None:
    if operation not in _PERFORMED:
        text = f"The requested operation '{operation}' is not supported by the profile type."
        raise bad(text)


def bad(text: str) -> BadRequest:
    return BadRequest(text, type="BadRequest")


def missing(text: str) -> ResourceNotFound:
    return ResourceNotFound(text, type="ResourceNotFound")
