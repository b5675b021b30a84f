"""A fake Senlin in place of the client's proxy: the checks, refusals and replies of its API.

It follows Senlin 16 (senlin/conductor/service.py and senlin/engine/actions/base.py); the effects of
an accepted request are in `fake_engine`.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from openstack_clustering import (
    ClientException,
    Cluster,
    ClusterPolicy,
    Node,
    Policy,
    Profile,
    ProfileType,
    Proxy,
    Receiver,
)
from openstack_clustering.exceptions import (
    Conflict,
    ConnectFailure,
)
from senlin_operator.cloud.polls import Poll, whole
from senlin_operator.cloud.snapshot import Snapshot, Watched
from senlin_operator.kinds import KINDS
from tests.unit.operator.fake_operations import Operations, bad, missing
from tests.unit.operator.fake_records import UPDATABLE, Document, fits

R = TypeVar("R")
_SERVER = {"type": "os.nova.server", "version": "1.0", "properties": {}}
_POLICIES = "affinity batch deletion health loadbalance region_placement scaling zone_placement"
_TYPES = {*(f"senlin.policy.{it}" for it in _POLICIES.split()), "os.nova.server", "os.heat.stack"}
_UNDELETABLE = ("CREATING", "UPDATING", "DELETING", "RECOVERING")


class FakeSenlin(Operations):
    """The proxy's methods that the operator uses, and switches to make them fail."""

    def __init__(
        self, profiles: Iterable[str] = (), clock: Callable[[], float] = time.time
    ) -> None:
        super().__init__(clock)
        self.requests: list[tuple[object, ...]] = []
        self.types_asked: list[str] = []
        self.by_operator = False  # of the current request
        self.refusals: deque[ClientException] = deque()  # of the next writes
        self.lose_reply = False  # of the next write, which is carried out
        self.down: ClientException | None = None  # the error of all lists
        for id_ in profiles:
            self.put_profile(Profile({"id": id_, "name": id_, "spec": _SERVER, "metadata": {}}))

    @contextmanager
    def asked_by_operator(self) -> Iterator[None]:
        """Attribute the requests in the block to the operator."""
        self.by_operator = True
        try:
            yield
        finally:
            self.by_operator = False

    @contextmanager
    def asked_for(self, uid: str) -> Iterator[None]:
        """Attribute the requests in the block to a SenlinOperation; without a uid, to none."""
        self.asked_by = uid
        try:
            yield
        finally:
            self.asked_by = ""

    def answer(self, operation: str, send: Callable[[Proxy], Any]) -> Any:
        """Answer a request of the operator, which calls it `operation`."""
        with self.asked_by_operator():
            return send(self.proxy)

    def put_off(self, operation: str, send: Callable[[Proxy], Any]) -> None:
        """Carry out, at once, a request for whose reply no process waits."""
        self.answer(operation, send)

    # What a test reads and prepares.

    @property
    def proxy(self) -> Proxy:
        return cast("Proxy", self)

    def poll(self, began: float = 0.0, watched: Mapping[str, Watched] | None = None) -> Snapshot:
        return whole(self.proxy, KINDS.values(), Poll(began, watched or {}, {}))

    def cluster(self, id_: str) -> Cluster:
        return Cluster(self._clusters[id_])

    def node(self, id_: str) -> Node:
        return Node(self._nodes[id_])

    def put(self, cluster: Cluster, nodes: Iterable[Node] = ()) -> None:
        """Add a cluster with nodes."""
        self._clusters[cluster.id] = cluster.to_dict()
        for node in nodes:
            self.put_node(node, cluster.id)

    def put_node(self, node: Node, cluster_id: str = "") -> None:
        self._nodes[node.id] = {**node.to_dict(), "cluster_id": cluster_id}
        if node.physical_id:
            self.servers.add(node.physical_id)

    def put_profile(self, profile: Profile) -> None:
        self._profiles[profile.id] = profile.to_dict()

    def put_policy(self, policy: Policy) -> None:
        self._policies[policy.id] = policy.to_dict()

    def lose_servers(self, cluster_id: str, number: int) -> None:
        """Have servers vanish, and Senlin notice it."""
        for node in self.members(cluster_id)[:number]:
            self.servers.discard(node["physical_id"])
            node.update(status="ERROR", physical_id=None)
        self.weigh(self._clusters[cluster_id])

    def vanish(self, cluster_id: str) -> None:
        """Have somebody else delete a cluster."""
        self.steal(cluster_id)
        self.empty(cluster_id)
        for binding in self.bindings(cluster_id):
            del self._bindings[binding["id"]]
        self.lose_receivers(cluster_id)
        del self._clusters[cluster_id]

    def empty(self, cluster_id: str) -> None:
        """Delete all nodes, and leave the record of their number."""
        for node in self.members(cluster_id):
            self.destroy(node)
        self.weigh(self._clusters[cluster_id])

    # Lists.

    def clusters(self) -> Iterator[Cluster]:
        for it in self._clusters.values():
            yield Cluster({**it, "policies": [bound["id"] for bound in self.bindings(it["id"])]})

    def nodes(self, cluster_id: str | None = None) -> Iterator[Node]:
        if cluster_id is not None and cluster_id not in self._clusters:
            raise bad(f"Cannot find the given cluster: {cluster_id}.")
        nodes = self._nodes.values()
        wanted = (it for it in nodes if cluster_id in (None, it["cluster_id"]))
        return (Node(dict(it)) for it in wanted)

    def profiles(self) -> Iterator[Profile]:
        return (Profile(dict(it)) for it in self._profiles.values())

    def policies(self) -> Iterator[Policy]:
        return (Policy(dict(it)) for it in self._policies.values())

    def cluster_policies(self, cluster_id: str) -> Iterator[ClusterPolicy]:
        if cluster_id not in self._clusters:
            raise missing(f"The cluster '{cluster_id}' could not be found.")
        return (ClusterPolicy(dict(it)) for it in self.bindings(cluster_id))

    def get_cluster(self, id_: str) -> Cluster:
        found = next((it for it in self.clusters() if it.id == id_), None)
        if found is None:
            raise missing(f"The cluster '{id_}' could not be found.")
        return found

    def get_profile(self, id_: str) -> Profile:
        if id_ not in self._profiles:
            raise missing(f"The profile '{id_}' could not be found.")
        return Profile(dict(self._profiles[id_]))

    def get_policy(self, id_: str) -> Policy:
        if id_ not in self._policies:
            raise missing(f"The policy '{id_}' could not be found.")
        return Policy(dict(self._policies[id_]))

    def get_node(self, id_: str) -> Node:
        if id_ not in self._nodes:
            raise missing(f"The node '{id_}' could not be found.")
        return Node(dict(self._nodes[id_]))

    def get_receiver(self, id_: str) -> Receiver:
        if id_ not in self._receivers:
            raise missing(f"The receiver '{id_}' could not be found.")
        return Receiver(dict(self._receivers[id_]))

    # Policies.

    def create_policy(self, name: str, spec: Document) -> Policy:
        self._receive("create_policy", name)
        self._check_type("policy_type", spec)
        id_ = f"policy-{next(self._ids)}"
        self._policies[id_] = {"id": id_, "name": name, "spec": spec}
        return self._reply(Policy(dict(self._policies[id_])))

    def update_policy(self, id_: str, name: str) -> Policy:
        policy = self._find(self._policies, "policy", "update_policy", id_)
        if policy["name"] == name:
            raise bad("No property needs an update.")
        policy["name"] = name
        return self._reply(Policy(dict(policy)))

    def delete_policy(self, id_: str) -> None:
        self._receive("delete_policy", id_)
        if any(it["policy_id"] == id_ for it in self._bindings.values()):
            raise Conflict("The policy is still attached to some clusters.", type="ResourceInUse")
        self._policies.pop(id_, None)
        self._reply(None)

    # Profiles.

    def get_profile_type(self, name: str) -> ProfileType:
        self.types_asked.append(name)
        type_, _, version = name.rpartition("-")
        self._check_type("profile_type", {"type": type_, "version": version})
        schema = {it: {"updatable": it in UPDATABLE} for it in (*UPDATABLE, "key_name")}
        return ProfileType({"name": name, "schema": schema})

    def create_profile(self, name: str, spec: Document, metadata: Document) -> Profile:
        self._receive("create_profile", name)
        self._check_type("profile_type", spec)
        id_ = f"profile-{next(self._ids)}"
        self._profiles[id_] = {"id": id_, "name": name, "spec": spec, "metadata": metadata}
        return self._reply(Profile(dict(self._profiles[id_])))

    def update_profile(self, id_: str, **fields: Any) -> Profile:
        profile = self._find(self._profiles, "profile", "update_profile", id_)
        if {**profile, **fields} == profile:
            raise bad("No property needs an update.")
        profile.update(fields)
        return self._reply(Profile(dict(profile)))

    def delete_profile(self, id_: str) -> None:
        self._receive("delete_profile", id_)
        users = (*self._clusters.values(), *self._nodes.values())
        if any(it["profile_id"] == id_ for it in users):
            raise Conflict("The profile is still in use.", type="ResourceInUse")
        self._profiles.pop(id_, None)
        self._reply(None)

    # Clusters.

    def create_cluster(self, desired_capacity: int, **fields: Any) -> Cluster:
        self._receive("create_cluster", fields["name"])
        self._check_profile(fields["profile_id"])
        self._check_size(desired_capacity, fields["min_size"], fields["max_size"])
        id_ = f"cluster-{next(self._ids)}"
        cluster = {"id": id_, "desired_capacity": desired_capacity, "status": "INIT", **fields}
        cluster["max_size"] = fields["max_size"] or -1  # so Senlin stores 0, at the creation only
        self._clusters[id_] = {**cluster, "created_at": None}
        return self._reply(Cluster(dict(cluster), self.begin("CLUSTER_CREATE", id_, self.create)))

    def update_cluster(self, id_: str, **fields: Any) -> Cluster:
        cluster = self._find_cluster("update_cluster", id_, *fields.values())
        if cluster["status"] == "ERROR":
            raise Conflict("Updating a cluster in error state", type="FeatureNotSupported")
        if "profile_id" in fields:
            self._check_profile(fields["profile_id"])
        if {**cluster, **fields} == cluster:
            raise bad("No property needs an update.")
        self._check_free(id_)
        action = self.begin("CLUSTER_UPDATE", id_, lambda it: self.update(it, fields))
        return self._reply(Cluster(dict(cluster), action))

    def delete_cluster(self, id_: str, *, force_delete: bool = False) -> Cluster | None:
        self._receive("delete_cluster", id_, *(["force"] if force_delete else []))
        if id_ not in self._clusters:
            return None
        cluster = dict(self._clusters[id_])
        self._check_deletable(cluster, force=force_delete)
        action = self.begin("CLUSTER_DELETE", id_, self.delete)
        return self._reply(Cluster(cluster, action))

    # Members and bindings of a cluster.

    def add_nodes_to_cluster(self, id_: str, nodes: list[str]) -> Document:
        cluster = self._find_cluster("add_nodes_to_cluster", id_, *nodes)
        for node in nodes:
            if node not in self._nodes or self._nodes[node]["status"] != "ACTIVE":
                raise bad(f"Nodes are not ACTIVE: {node}.")
            if self._nodes[node]["cluster_id"]:
                raise bad(f"Nodes are members of a cluster: {node}.")
        size = cluster["desired_capacity"] + len(nodes)
        self._check_size(size, cluster["min_size"], cluster["max_size"])
        return self._act(
            "CLUSTER_ADD_NODES", id_, lambda it: self.join(it, nodes), {"nodes": nodes}
        )

    def remove_nodes_from_cluster(
        self, id_: str, nodes: Iterable[str], *, destroy_after_deletion: bool
    ) -> Document:
        cluster, chosen = self._find_cluster("remove_nodes_from_cluster", id_, *nodes), list(nodes)
        members = {it["id"] for it in self.members(id_)}
        if strange := set(chosen) - members:
            raise bad(f"Nodes not members of specified cluster: {strange}.")
        size = cluster["desired_capacity"] - len(chosen)
        self._check_size(size, cluster["min_size"], cluster["max_size"])
        destroy = destroy_after_deletion
        inputs = {"candidates": chosen, "count": len(chosen), "destroy_after_deletion": destroy}
        return self._act(
            "CLUSTER_DEL_NODES", id_, lambda it: self.drop(it, chosen, destroy=destroy), inputs
        )

    def attach_policy_to_cluster(self, id_: str, policy_id: str, *, enabled: bool) -> Document:
        self._find_cluster("attach_policy", id_, policy_id)
        if policy_id not in self._policies:
            raise bad(f"The specified policy '{policy_id}' could not be found.")
        return self._act(
            "CLUSTER_ATTACH_POLICY", id_, lambda it: self.bind(it, policy_id, enabled=enabled)
        )

    def update_cluster_policy(self, id_: str, policy_id: str, *, enabled: bool) -> Document:
        self._find_cluster("update_policy", id_, policy_id)
        self._check_bound(id_, policy_id)
        return self._act(
            "CLUSTER_UPDATE_POLICY", id_, lambda it: self.switch(it, policy_id, enabled=enabled)
        )

    def detach_policy_from_cluster(self, id_: str, policy_id: str) -> Document:
        self._find_cluster("detach_policy", id_, policy_id)
        self._check_bound(id_, policy_id)
        return self._act("CLUSTER_DETACH_POLICY", id_, lambda it: self.unbind(it, policy_id))

    # Nodes.

    def create_node(self, name: str, profile_id: str, **fields: Any) -> Node:
        self._receive("create_node", name)
        self._check_profile(profile_id)
        node = self.a_node(name, profile_id, **fields)
        shown = dict(node)
        return self._reply(Node(shown, self.begin("NODE_CREATE", node["id"], self.build_node)))

    def update_node(self, id_: str, **fields: Any) -> Node:
        node = self._find(self._nodes, "node", "update_node", id_, *fields.values())
        if "profile_id" in fields:
            self._check_profile(fields["profile_id"])
        if {**node, **fields} == node:
            raise bad("No property needs an update.")
        self._check_free(id_)
        action = self.begin("NODE_UPDATE", id_, lambda it: self.change_node(it, fields))
        return self._reply(Node(dict(node), action))

    def delete_node(self, id_: str, *, force_delete: bool = False) -> Node | None:
        self._receive("delete_node", id_, *(["force"] if force_delete else []))
        if id_ not in self._nodes:
            return None
        node = dict(self._nodes[id_])
        self._check_deletable(node, force=force_delete)
        return self._reply(Node(node, self.begin("NODE_DELETE", id_, self.remove_node)))

    # Requests.

    def _check_deletable(self, it: Document, *, force: bool) -> None:
        if it["status"] in _UNDELETABLE and not force:
            text = f"{it['id']} is in status {it['status']}."
            raise Conflict(text, type="ActionInProgress")

    def _check_size(self, desired: int, least: int, most: int) -> None:
        if not fits(desired, least, most):
            raise bad(f"The target capacity ({desired}) is beyond the specified limits.")

    def _check_profile(self, id_: str) -> None:
        if id_ not in self._profiles:
            raise bad(f"The specified profile '{id_}' could not be found.")

    def _check_type(self, what: str, spec: Document) -> None:
        if spec["type"] not in _TYPES:
            type_ = f"{spec['type']}-{spec['version']}"
            raise missing(f"The {what} '{type_}' could not be found.")

    def _check_bound(self, cluster_id: str, policy_id: str) -> None:
        if not any(it["policy_id"] == policy_id for it in self.bindings(cluster_id)):
            raise bad(f"The policy '{policy_id}' is not attached to the cluster.")

    def _find(
        self, records: Mapping[str, Document], what: str, verb: str, id_: str, *fields: object
    ) -> Document:
        self._receive(verb, id_, *fields)
        if id_ not in records:
            raise missing(f"The {what} '{id_}' could not be found.")
        return records[id_]

    def _receive(self, *request: object) -> None:
        self.requests.append(request)
        if self.refusals:
            raise self.refusals.popleft()

    def _reply(self, reply: R) -> R:
        if self.lose_reply:
            self.lose_reply = False
            raise ConnectFailure("The connection broke.", sent=True)
        return reply
