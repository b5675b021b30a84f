"""A fake of Senlin's records of clusters and nodes, and of their servers.

It follows Senlin 16 (senlin/objects, senlin/profiles/os/nova/server.py, senlin/engine/cluster.py):
a cluster's status is evaluated only by an action, `created_at` is set when the first build succeeds
and never later, and a node after a failed update is in ERROR though its server works.
"""

from itertools import count
from typing import Any

Document = dict[str, Any]
UPDATABLE = {"flavor", "image", "name", "metadata", "networks"}  # of a server, in place
NOW = "2026-01-01T00:00:00Z"


class Records:
    """The records. A method that changes a node returns the fault, or an empty text."""

    def __init__(self) -> None:
        self.broken_builds = 0  # how many servers cannot be built from now on
        self.fault = "No valid host"  # the reason of their nodes
        self.late_breaks = False  # they break when their ids are known, and not before
        self.slow_builds = False  # those that do not break take until that ends
        self.refused_resizes = 0  # how many servers get no other flavor from now on
        self.servers: set[str] = set()
        self.broken_servers: set[str] = set()  # of those
        self._ids = count(1)
        self._clusters: dict[str, Document] = {}
        self._nodes: dict[str, Document] = {}
        self._policies: dict[str, Document] = {}
        self._profiles: dict[str, Document] = {}
        self._bindings: dict[str, Document] = {}

    def destroy(self, node: Document) -> str:
        self.servers.discard(node["physical_id"])
        self._nodes.pop(node["id"], None)
        return ""

    def leave(self, node: Document) -> str:
        if node["physical_id"] not in self.servers:
            return "Failed in leaving the cluster."
        node.update(cluster_id="", index=-1, role="")
        return ""

    def enter(self, cluster: Document, node: Document) -> str:
        if node["physical_id"] not in self.servers:
            return "Failed in joining the cluster."
        node.update(cluster_id=cluster["id"], index=self._next_index(cluster), role="")
        return ""

    def start(self, node: Document) -> str:
        """Build the first server of a node."""
        fault = self._build(node)
        node["created_at"] = None if fault else NOW
        return fault

    def _build(self, node: Document) -> str:
        """Build a server, or fail."""
        profile = self._profiles.get(node["profile_id"], {}).get("spec", {})
        hopeless = profile.get("properties", {}).get("flavor") == "none"
        if self.broken_builds or hopeless:
            self.broken_builds -= not hopeless
            dead = f"server-{next(self._ids)}" if self.late_breaks else None
            self.break_(node, self.fault, physical_id=dead)
            return "Failed in creating nodes."
        server = f"server-{next(self._ids)}"
        self.servers.add(server)
        node.update(status="ACTIVE", status_reason="", physical_id=server)
        return ""

    def mend(self, node: Document, operation: str) -> str:
        if operation == "RECREATE":
            self.servers.discard(node["physical_id"])
            if fault := self._build(node):
                return fault
            node["data"] = {"recovery": operation}
            return ""
        if node["physical_id"] not in self.servers:
            self.break_(node, "The server could not be found.", physical_id=None)
            return "Failed in recovering nodes."
        if operation == "REBUILD" or node["physical_id"] in self.broken_servers:
            # Senlin's own call is wrong, or it takes the server's status for that of the reboot.
            if operation == "REBOOT":
                self.broken_servers.discard(node["physical_id"])
            self.break_(node, f"Failed in {operation}.", physical_id=None)
            return "Failed in recovering nodes."
        node.update(status="ACTIVE", status_reason="")
        return ""

    def stumble(self, node: Document) -> str:
        """Leave a node in the middle of its recovery."""
        node["status"] = "RECOVERING"
        return "Failed in recovering nodes."

    def examine(self, node: Document) -> str:
        if not node["physical_id"]:
            return "Failed in checking nodes."
        if node["physical_id"] not in self.servers:
            self.break_(node, "The server could not be found.", physical_id=None)
        elif node["physical_id"] in self.broken_servers:
            self.break_(node, "The server is in ERROR.")
        else:
            node.update(status="ACTIVE", status_reason="")
        return ""

    def reprofile(self, node: Document, profile_id: str) -> str:
        """Change a server in place; what cannot be is called broken, though the server works."""
        properties = self._profiles[profile_id]["spec"].get("properties", {})
        before = self._profiles.get(node["profile_id"], {}).get("spec", {}).get("properties", {})
        if not node["physical_id"]:
            return "Failed in updating nodes."
        if any(
            before.get(it) != properties.get(it)
            for it in (before.keys() | properties.keys()) - UPDATABLE
        ):
            node.update(status="UPDATING", status_reason="Update in progress")
            return "Failed in updating nodes."
        if node["physical_id"] not in self.servers:
            self.break_(node, "The server could not be found.")
            return "Failed in updating nodes."
        if before.get("image") != properties.get("image"):  # Senlin's own call is wrong
            self.broken_servers.add(node["physical_id"])  # it has stopped it before
            self.break_(node, "Failed in updating server.")
            return "Failed in updating nodes."
        hopeless = properties.get("flavor") == "none"
        if self.refused_resizes or hopeless:
            self.refused_resizes -= not hopeless
            self.break_(node, "Failed in updating server.")
            return "Failed in updating nodes."
        node.update(status="ACTIVE", profile_id=profile_id)
        return ""

    def break_(self, node: Document, reason: str, **fields: Any) -> None:
        """Set a node to ERROR, and its cluster to WARNING."""
        node.update(status="ERROR", status_reason=reason, **fields)
        if cluster := self._clusters.get(node["cluster_id"]):
            cluster["status"] = "WARNING"

    def weigh(self, cluster: Document) -> None:
        active = sum(node["status"] == "ACTIVE" for node in self.members(cluster["id"]))
        most = cluster["max_size"]
        enough = active >= cluster["desired_capacity"] and active <= (most if most >= 0 else active)
        cluster["status"] = "ACTIVE" if enough else "WARNING"
        if active < cluster["min_size"]:
            cluster["status"] = "ERROR"

    def members(self, cluster_id: str) -> list[Document]:
        return [node for node in self._nodes.values() if node["cluster_id"] == cluster_id]

    def bindings(self, cluster_id: str) -> list[Document]:
        return [it for it in self._bindings.values() if it["cluster_id"] == cluster_id]

    def deletion_policy(self, cluster_id: str) -> Document:
        """Return the properties of the policy that says how nodes leave, or none."""
        for bound in self.bindings(cluster_id):
            if bound["enabled"] and bound["policy_type"].startswith("senlin.policy.deletion"):
                spec = self._policies[bound["policy_id"]]["spec"]
                return dict(spec.get("properties", {}))
        return {}

    def binding(self, cluster_id: str, policy_id: str) -> Document:
        return next(it for it in self.bindings(cluster_id) if it["policy_id"] == policy_id)

    def new_node(self, cluster: Document) -> Document:
        node = self.a_node(f"node-{next(self._ids)}", cluster["profile_id"])
        node.update(cluster_id=cluster["id"], index=self._next_index(cluster), status="CREATING")
        return node

    def a_node(self, name: str, profile_id: str, **fields: Any) -> Document:
        id_ = f"node-{next(self._ids)}"
        node = {"id": id_, "name": name, "profile_id": profile_id, "cluster_id": "", "index": -1}
        state = {"status": "INIT", "status_reason": "", "physical_id": None, "created_at": None}
        self._nodes[id_] = {**node, **state, "role": "", "tainted": False, "metadata": {}, **fields}
        return self._nodes[id_]

    def _next_index(self, cluster: Document) -> int:
        cluster["indices"] = cluster.get("indices", 0) + 1
        return int(cluster["indices"])


def fits(number: int, least: int, most: int) -> bool:
    """Return whether a size is within the limits."""
    return least <= number <= (most if most >= 0 else number)


def worth(node: Document) -> tuple[bool, bool, str]:
    broken = node["status"] in ("ERROR", "WARNING")
    return not broken, not node.get("tainted"), node["created_at"] or ""
