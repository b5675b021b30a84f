"""A Senlin of a few dozen lines, in place of the client's proxy: its sizes, statuses, refusals.

It follows Senlin 16 (senlin/engine/actions/cluster_action.py, senlin/common/scaleutils.py and
senlin/conductor/service.py), its mistakes included: a cluster without nodes counts as large as its
record says.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count
from typing import Any, TypeVar, cast

from openstack_clustering import Action, ClientException, Cluster, Node, Policy, Profile, Proxy
from openstack_clustering.exceptions import (
    BadRequest,
    Conflict,
    ConnectFailure,
    ResourceNotFound,
)
from senlin_operator.cloud.inventory import Snapshot, Watched, look

R = TypeVar("R")
Document = dict[str, Any]
Work = Callable[[], str]  # returns what went wrong, if anything
_SERVER = {"type": "os.nova.server", "version": "1.0", "properties": {}}


class SmallSenlin:
    """What the proxy offers to the operator, and knobs to make it fail."""

    def __init__(self, profiles: Iterable[str] = ()) -> None:
        self.requests: list[tuple[object, ...]] = []
        self.started: list[str] = []  # ids of actions
        self.refusals: deque[ClientException] = deque()  # of the writes to come
        self.lose_reply = False  # to the next write, though it is carried out
        self.down: ClientException | None = None  # what lists answer
        self.slow = False  # actions end when `finish` is called
        self.broken_builds = 0  # how many servers cannot be built from now on
        self._ids = count(1)
        self._work: list[tuple[Document, Work]] = []
        self._actions: dict[str, Document] = {}
        self._clusters: dict[str, Document] = {}
        self._nodes: dict[str, Document] = {}
        self._policies: dict[str, Document] = {}
        self._profiles: dict[str, Document] = {
            id_: {"id": id_, "name": id_, "spec": _SERVER, "metadata": {}} for id_ in profiles
        }

    # What a test looks at and arranges.

    @property
    def proxy(self) -> Proxy:
        return cast("Proxy", self)

    def look(self, began: float = 0.0, watched: Mapping[str, Watched] | None = None) -> Snapshot:
        return look(self.proxy, began, watched or {}, {})

    def cluster(self, id_: str) -> Cluster:
        return Cluster(self._clusters[id_])

    def put(self, cluster: Cluster, nodes: Iterable[Node] = ()) -> None:
        """Have it there, as if it had always been."""
        self._clusters[cluster.id] = cluster.to_dict()
        for node in nodes:
            self._nodes[node.id] = {**node.to_dict(), "cluster_id": cluster.id}

    def put_profile(self, profile: Profile) -> None:
        self._profiles[profile.id] = profile.to_dict()

    def put_policy(self, policy: Policy) -> None:
        self._policies[policy.id] = policy.to_dict()

    def lose_servers(self, cluster_id: str, number: int) -> None:
        """Have servers vanish, and Senlin notice."""
        for node in self._members(cluster_id)[:number]:
            node.update(status="ERROR", physical_id=None)
        self._weigh(cluster_id)

    def vanish(self, cluster_id: str) -> None:
        """Have a cluster deleted by somebody else."""
        for node in self._members(cluster_id):
            del self._nodes[node["id"]]
        del self._clusters[cluster_id]

    def empty(self, cluster_id: str) -> None:
        """Take all nodes away, and leave the record of their number as it is."""
        for node in self._members(cluster_id):
            del self._nodes[node["id"]]
        self._weigh(cluster_id)

    def finish(self) -> None:
        """Let the actions end that have started."""
        while self._work:
            action, work = self._work.pop(0)
            fault = work()
            action["status"] = "FAILED" if fault else "SUCCEEDED"
            action["status_reason"] = fault

    # Lists.

    def actions(
        self, status: Iterable[str] | None = None, target: Iterable[str] | None = None
    ) -> Iterator[Action]:
        if self.down:
            raise self.down
        for action in self._actions.values():
            if action["status"] in (status or [action["status"]]) and action["target"] in (
                target or [action["target"]]
            ):
                yield Action(dict(action))

    def clusters(self) -> Iterator[Cluster]:
        return (Cluster(dict(it)) for it in self._clusters.values())

    def nodes(self) -> Iterator[Node]:
        return (Node(dict(it)) for it in self._nodes.values())

    def profiles(self) -> Iterator[Profile]:
        return (Profile(dict(it)) for it in self._profiles.values())

    def policies(self) -> Iterator[Policy]:
        return (Policy(dict(it)) for it in self._policies.values())

    # Policies.

    def create_policy(self, name: str, spec: Document) -> Policy:
        self._receive("create_policy", name)
        id_ = f"policy-{next(self._ids)}"
        self._policies[id_] = {"id": id_, "name": name, "spec": spec}
        return self._reply(Policy(dict(self._policies[id_])))

    def update_policy(self, id_: str, name: str) -> Policy:
        self._receive("update_policy", id_)
        policy = self._policies[id_]
        if policy["name"] == name:
            raise BadRequest("No property needs an update.")
        policy["name"] = name
        return self._reply(Policy(dict(policy)))

    def delete_policy(self, id_: str) -> None:
        self._receive("delete_policy", id_)
        self._policies.pop(id_, None)
        self._reply(None)

    # Profiles.

    def create_profile(self, name: str, spec: Document, metadata: Document) -> Profile:
        self._receive("create_profile", name)
        id_ = f"profile-{next(self._ids)}"
        self._profiles[id_] = {"id": id_, "name": name, "spec": spec, "metadata": metadata}
        return self._reply(Profile(dict(self._profiles[id_])))

    def update_profile(self, id_: str, **fields: Any) -> Profile:
        self._receive("update_profile", id_)
        profile = self._profiles[id_]
        if {**profile, **fields} == profile:
            raise BadRequest("No property needs an update.")
        profile.update(fields)
        return self._reply(Profile(dict(profile)))

    def delete_profile(self, id_: str) -> None:
        self._receive("delete_profile", id_)
        if any(it["profile_id"] == id_ for it in self._clusters.values()):
            raise Conflict("The profile is still in use.", type="ResourceInUse")
        self._profiles.pop(id_, None)
        self._reply(None)

    # Clusters.

    def create_cluster(self, desired_capacity: int, **fields: Any) -> Cluster:
        self._receive("create_cluster", fields["name"])
        self._check_size(desired_capacity, fields["min_size"], fields["max_size"])
        id_ = f"cluster-{next(self._ids)}"
        cluster = {"id": id_, "desired_capacity": desired_capacity, "status": "INIT", **fields}
        self._clusters[id_] = {**cluster, "created_at": None}
        action = self._start("CLUSTER_CREATE", id_, lambda: self._create(id_))
        return self._reply(Cluster(dict(cluster), action))

    def update_cluster(self, id_: str, **fields: Any) -> Cluster:
        cluster = self._find("update_cluster", id_, *fields.values())
        if cluster["status"] == "ERROR":
            raise Conflict("Updating a cluster in error state", type="FeatureNotSupported")
        if {**cluster, **fields} == cluster:
            raise BadRequest("No property needs an update.")
        action = self._start("CLUSTER_UPDATE", id_, self._update(id_, fields))
        return self._reply(Cluster(dict(cluster), action))

    def resize_cluster(
        self, id_: str, adjustment_type: str, number: int, min_size: int, max_size: int
    ) -> Document:
        self._find("resize_cluster", id_, adjustment_type, number, min_size, max_size)
        exact = adjustment_type == "EXACT_CAPACITY"
        nodes = len(self._members(id_))
        self._check_size(number if exact else nodes + number, min_size, max_size)

        def work() -> str:
            return self._resize(id_, number, min_size, max_size, exact=exact)

        return self._reply({"action": self._start("CLUSTER_RESIZE", id_, work)})

    def recover_cluster(self, id_: str, operation: str) -> Document:
        self._find("recover_cluster", id_, operation)
        return self._reply({"action": self._start("CLUSTER_RECOVER", id_, self._recover(id_))})

    def check_cluster(self, id_: str) -> Document:
        self._find("check_cluster", id_)
        return self._reply({"action": self._start("CLUSTER_CHECK", id_, self._check(id_))})

    def delete_cluster(self, id_: str, *, force_delete: bool) -> Cluster | None:
        self._receive("delete_cluster", id_, *(["force"] if force_delete else []))
        if id_ not in self._clusters:
            return None

        def work() -> str:
            self.vanish(id_)
            return ""

        self._clusters[id_]["status"] = "DELETING"
        cluster = Cluster(dict(self._clusters[id_]), self._start("CLUSTER_DELETE", id_, work))
        return self._reply(cluster)

    # The engine.

    def _create(self, id_: str) -> str:
        cluster = self._clusters[id_]
        fault = self._build(cluster, cluster["desired_capacity"])
        cluster["created_at"] = None if fault else "2026-01-01T00:00:00Z"
        self._weigh(id_)
        return fault

    def _update(self, id_: str, fields: Document) -> Work:
        def work() -> str:
            cluster = self._clusters[id_]
            cluster.update({name: it for name, it in fields.items() if name != "profile_id"})
            fault = ""
            if "profile_id" in fields:
                fault = self._change_profile(cluster, fields["profile_id"])
            self._weigh(id_)
            return fault

        return work

    def _change_profile(self, cluster: Document, profile_id: str) -> str:
        for node in self._members(cluster["id"]):
            if not node["physical_id"]:
                return "Failed in updating nodes."
            node.update(status="ACTIVE", profile_id=profile_id)
        cluster["profile_id"] = profile_id
        return ""

    def _resize(self, id_: str, number: int, least: int, most: int, *, exact: bool) -> str:
        cluster, members = self._clusters[id_], self._members(id_)
        current = len(members) or cluster["desired_capacity"]  # so in scaleutils
        desired = number if exact else current + number
        if not least <= desired <= (most if most >= 0 else desired):
            return f"The target capacity ({desired}) is beyond the specified limits."
        if current - desired > len(members):
            return "empty range for randrange()"
        cluster.update(min_size=least, max_size=most)
        cluster["desired_capacity"] = len(members) + desired - current
        members.sort(
            key=lambda it: (it["status"] not in ("ERROR", "WARNING"), it["created_at"] or "")
        )
        for node in members[: max(current - desired, 0)]:
            del self._nodes[node["id"]]
        fault = self._build(cluster, max(desired - current, 0))
        self._weigh(id_)
        return fault

    def _recover(self, id_: str) -> Work:
        def work() -> str:
            fault = ""
            for node in self._members(id_):
                if node["status"] != "ACTIVE":  # created_at stays as it is
                    fault = self._start_server(node) or fault
            self._weigh(id_)
            return fault

        return work

    def _check(self, id_: str) -> Work:
        def work() -> str:
            members = self._members(id_)
            for node in members:
                if node["physical_id"]:
                    node["status"] = "ACTIVE"
            self._weigh(id_)
            return "" if all(it["physical_id"] for it in members) else "Failed in checking nodes."

        return work

    def _build(self, cluster: Document, number: int) -> str:
        fault = ""
        for _ in range(number):
            id_ = f"node-{next(self._ids)}"
            node = {"id": id_, "name": id_, "cluster_id": cluster["id"], "created_at": None}
            self._nodes[id_] = {**node, "profile_id": cluster["profile_id"], "status": "CREATING"}
            fault = self._start_server(self._nodes[id_]) or fault
            if self._nodes[id_]["status"] == "ACTIVE":
                self._nodes[id_]["created_at"] = "2026-01-01T00:00:00Z"
        return fault

    def _start_server(self, node: Document) -> str:
        if self.broken_builds:
            self.broken_builds -= 1
            node.update(status="ERROR", status_reason="No valid host", physical_id=None)
            return "Failed in creating nodes."
        node.update(status="ACTIVE", status_reason="", physical_id=f"server-{next(self._ids)}")
        return ""

    def _weigh(self, id_: str) -> None:
        cluster = self._clusters[id_]
        active = sum(node["status"] == "ACTIVE" for node in self._members(id_))
        most = cluster["max_size"]
        fits = active >= cluster["desired_capacity"] and active <= (most if most >= 0 else active)
        cluster["status"] = "ACTIVE" if fits else "WARNING"
        if active < cluster["min_size"]:
            cluster["status"] = "ERROR"

    # Requests.

    def _members(self, cluster_id: str) -> list[Document]:
        return [node for node in self._nodes.values() if node["cluster_id"] == cluster_id]

    def _check_size(self, desired: int, least: int, most: int) -> None:
        if not least <= desired <= (most if most >= 0 else desired):
            raise BadRequest(f"The target capacity ({desired}) is beyond the specified limits.")

    def _find(self, verb: str, id_: str, *fields: object) -> Document:
        self._receive(verb, id_, *fields)
        if id_ not in self._clusters:
            raise ResourceNotFound(f"The cluster '{id_}' could not be found.")
        return self._clusters[id_]

    def _receive(self, *request: object) -> None:
        self.requests.append(request)
        if self.refusals:
            raise self.refusals.popleft()

    def _reply(self, reply: R) -> R:
        if self.lose_reply:
            self.lose_reply = False
            raise ConnectFailure("The connection broke.", sent=True)
        return reply

    def _start(self, name: str, target: str, work: Work) -> str:
        id_ = f"action-{next(self._ids)}"
        action = {"id": id_, "action": name, "target": target, "cluster_id": target}
        self._actions[id_] = {**action, "status": "RUNNING", "status_reason": "", "depends_on": []}
        self._actions[id_]["end_time"] = 1767225600.0
        self._work.append((self._actions[id_], work))
        self.started.append(id_)
        if not self.slow:
            self.finish()
        return id_
