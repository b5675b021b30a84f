"""A Senlin and the servers behind it, as a scenario reaches them."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from openstack_clustering import Action, ClientException, Cluster, Node, Proxy
from openstack_clustering.exceptions import HttpError
from senlin_operator.cloud.polls import UNFINISHED

Document = dict[str, Any]
Started = Cluster | Node | Mapping[str, Any] | None  # how the client returns an action
NETWORKS = [{"network": "private"}]
NOBODY = "00000000-0000-4000-8000-000000000000"  # the id of nothing
DELETION, SCALING, BATCH = (f"senlin.policy.{it}" for it in ("deletion", "scaling", "batch"))
_SCALE_OUT = {"event": "CLUSTER_SCALE_OUT", "adjustment": {}}


class Unable(Exception):
    """This side has no such thing; differences.py says why."""


class Cloud(ABC):
    """What a scenario may do: ask Senlin through the client, harm servers, and wait.

    Attributes:
        senlin: The client's proxy; a scenario uses it as the operator does.
        name: In all names of this scenario, and of no other.
    """

    senlin: Proxy
    name: str

    # To make something. What ends by an action is waited for.

    def profile(self, **properties: object) -> str:
        """Make a profile; return its id."""
        given = {"flavor": "m1.tiny", "image": "cirros", "networks": NETWORKS, **self.labels()}
        spec = {"type": "os.nova.server", "version": "1.0", "properties": given | properties}
        return self.senlin.create_profile(name=self.name, spec=spec, metadata={}).id

    def policy(self, type_: str = DELETION, version: str = "1.0", **properties: object) -> str:
        """Make a policy; return its id."""
        given = _SCALE_OUT | properties if type_ == SCALING else properties
        spec = {"type": type_, "version": version, "properties": given}
        return self.senlin.create_policy(name=self.name, spec=spec).id

    def create(self, size: int, **fields: Any) -> Cluster:
        """Ask for a cluster, with all that the operator says of one."""
        asked: Document = {"name": self.name, "min_size": 0, "max_size": -1, "timeout": 600}
        asked |= {"config": {}, "metadata": {}, **fields}
        asked["profile_id"] = fields.get("profile_id") or self.profile()
        return self.senlin.create_cluster(desired_capacity=size, **asked)

    def cluster(self, size: int, **fields: Any) -> str:
        """Make a cluster; return its id."""
        made = self.create(size, **fields)
        self.end(made)
        return made.id

    def create_node(self, **fields: Any) -> Node:
        """Ask for a node, with all that the operator says of one."""
        asked: Document = {"name": self.name, "role": "", "metadata": {}, **fields}
        asked["profile_id"] = fields.get("profile_id") or self.profile()
        return self.senlin.create_node(**asked)

    def node(self, **fields: Any) -> str:
        """Make a node that is in no cluster; return its id."""
        made = self.create_node(**fields)
        self.end(made)
        return made.id

    def broken_node(self) -> str:
        """Make a node whose server is in ERROR, which Senlin knows; return its id."""
        node = self.node()
        self.break_server(node)
        self.end(self.senlin.check_node(node))
        return node

    def unbuilt_node(self, **fields: Any) -> str:
        """Make a node for which no server could be built; return its id."""
        with self.failing_builds():
            return self.node(**fields)

    def unbuilt_cluster(self, size: int, **fields: Any) -> str:
        """Make a cluster for which no server could be built; return its id."""
        with self.failing_builds():
            return self.cluster(size, **fields)

    # To ask for something in the operator's words.

    def resize(self, cluster: str, number: int, least: int = 0, most: int = -1) -> Started:
        """Ask for a size, and limits."""
        return self.senlin.resize_cluster(
            cluster,
            adjustment_type="EXACT_CAPACITY",
            number=number,
            min_size=least,
            max_size=most,
        )

    def recover(self, cluster: str, operation: str = "RECREATE") -> Started:
        """Ask for the recovery of a cluster."""
        return self.senlin.recover_cluster(cluster, operation=operation, operation_params={})

    def recover_node(self, node: str, operation: str = "RECREATE") -> Started:
        """Ask for the recovery of a node."""
        return self.senlin.recover_node(node, operation=operation, operation_params={})

    def join(self, cluster: str, *nodes: str) -> Started:
        """Ask for nodes to join a cluster."""
        return self.senlin.add_nodes_to_cluster(cluster, list(nodes))

    def drop(self, cluster: str, *nodes: str, destroy: bool = False) -> Started:
        """Ask for nodes to leave a cluster."""
        senlin, leaving = self.senlin, list(nodes)
        return senlin.remove_nodes_from_cluster(cluster, leaving, destroy_after_deletion=destroy)

    def attach(self, cluster: str, policy: str, *, enabled: bool = True) -> Started:
        """Ask for a policy to be attached."""
        return self.senlin.attach_policy_to_cluster(cluster, policy, enabled=enabled)

    def switch(self, cluster: str, policy: str, *, enabled: bool) -> Started:
        """Ask for a policy to be enabled or disabled."""
        return self.senlin.update_cluster_policy(cluster, policy, enabled=enabled)

    def detach(self, cluster: str, policy: str) -> Started:
        """Ask for a policy to be detached."""
        return self.senlin.detach_policy_from_cluster(cluster, policy)

    # To read, as the operator does: by lists.

    def read(self, cluster: str) -> Cluster:
        """Return a cluster as Senlin lists it."""
        return next(it for it in self.senlin.clusters() if it.id == cluster)

    def read_node(self, node: str) -> Node:
        """Return a node as Senlin lists it."""
        return next(it for it in self.senlin.nodes() if it.id == node)

    def members(self, cluster: str) -> list[Node]:
        """Return the nodes of a cluster, by index."""
        found = [it for it in self.senlin.nodes() if it.cluster_id == cluster]
        return sorted(found, key=lambda it: it.index)

    def ids(self, cluster: str) -> list[str]:
        """Return the ids of the nodes of a cluster, by index."""
        return [it.id for it in self.members(cluster)]

    def state(self, cluster: str) -> tuple[str, int, list[str]] | None:
        """Return the status, the desired number of nodes, and their statuses; None: no cluster."""
        found = [it for it in self.senlin.clusters() if it.id == cluster]
        statuses = sorted(it.status for it in self.members(cluster))
        return (found[0].status, found[0].desired_capacity, statuses) if found else None

    def has_node(self, node: str) -> bool:
        """Return whether Senlin lists the node."""
        return any(it.id == node for it in self.senlin.nodes())

    def children(self, started: Started) -> list[Action]:
        """Return the actions that an action has started, and that have not ended yet."""
        parent = self.action(action_id(started))
        return [self.action(id_) for id_ in parent.depends_on]

    def action(self, id_: str) -> Action:
        """Return an action as it is now."""
        return next(it for it in self.senlin.actions() if it.id == id_)

    def unfinished(self, *targets: str) -> list[str]:
        """Return what is at work on these, as the operator asks for it."""
        found = self.senlin.actions(status=list(UNFINISHED))
        return sorted(it.action for it in found if it.target_id in targets)

    def bound(self, cluster: str) -> list[tuple[str, bool]]:
        """Return the types of the policies that are attached, and whether they are enabled."""
        found = self.senlin.cluster_policies(cluster)
        return sorted((it.policy_type, it.is_enabled) for it in found)

    # To wait.

    @abstractmethod
    def until(self, condition: Callable[[], bool]) -> None:
        """Let time pass until something is so; fail if that takes too long."""

    def ended(self, started: Started) -> Action:
        """Let an action end; return it as it is then."""
        id_ = action_id(started)
        self.until(lambda: _is_over(self.action(id_)))
        return self.action(id_)

    def end(self, started: Started) -> str:
        """Let an action end; return the status that it has then."""
        return self.ended(started).status

    def until_works(self, server: str) -> None:
        """Let time pass until a server is ACTIVE."""
        self.until(lambda: self.works(server))

    def let_start(self, started: Started) -> str:
        """Wait until an engine works on an action, which has locked its target then."""
        id_ = action_id(started)
        self.until(lambda: self.action(id_).status not in ("INIT", "READY"))
        return id_

    # To harm servers; only those of this scenario.

    def labels(self) -> Document:
        """Return properties for profiles by which the servers of this scenario are known."""
        return {}

    @abstractmethod
    def failing_builds(
        self, count: int | None = None, *, late: bool = False
    ) -> AbstractContextManager[None]:
        """Have Nova refuse the next `count` servers meanwhile, or `late` fail to build them.

        None: all of them.
        """

    @abstractmethod
    def slow_builds(self) -> AbstractContextManager[None]:
        """Have servers take until the end of the `with` statement to be built."""

    @abstractmethod
    def failing_resizes(self, count: int | None = None) -> AbstractContextManager[None]:
        """Have Nova refuse to give the next `count` servers another flavor meanwhile."""

    def failing_deletions(self) -> AbstractContextManager[None]:
        """Have Nova refuse to delete servers meanwhile."""
        raise Unable

    def image(self) -> AbstractContextManager[str]:
        """Have an image meanwhile; its name is that of the scenario."""
        raise Unable

    @abstractmethod
    def lose_server(self, node: str) -> None:
        """Have somebody delete the server of a node; Senlin does not know."""

    @abstractmethod
    def break_server(self, node: str) -> None:
        """Have the server of a node be in ERROR; Senlin does not know."""

    @abstractmethod
    def mend_server(self, node: str) -> None:
        """Have that server be ACTIVE again; Senlin does not know."""

    @abstractmethod
    def works(self, id_: str) -> bool:
        """Return whether there is such a server, and it is ACTIVE."""

    @abstractmethod
    def has_server(self, id_: str) -> bool:
        """Return whether there is such a server."""

    def server_status(self, node: str) -> str:
        """Return the status that Nova says the server of a node has."""
        raise Unable

    @abstractmethod
    def boot(self, **attributes: str) -> str:
        """Make a server that Senlin does not know; return its id."""

    @abstractmethod
    def empty(self, cluster: str) -> None:
        """Take all nodes away from a cluster, and have Senlin go on to desire as many."""


def action_id(started: Started) -> str:
    """Return the id of the action that a request has started."""
    if isinstance(started, Cluster | Node):
        assert started.action_id
        return started.action_id
    assert started is not None
    return str(started["action"])


def refusal(send: Callable[[], object]) -> str:
    """Return how Senlin refuses a request: the client's class for it, and Senlin's own word."""
    try:
        send()
    except HttpError as error:
        return f"{type(error).__name__} {error.type}"
    except ClientException as error:
        return type(error).__name__
    return "accepted"


def message(send: Callable[[], object]) -> str:
    """Return the sentence in which Senlin refuses a request."""
    try:
        send()
    except HttpError as error:
        return error.message
    return "accepted"


def _is_over(action: Action) -> bool:
    """Return whether an action has ended, and its engine has no more to write.

    One child that fails makes the parent FAILED at once, with the reason below; the parent's
    engine writes its own reason when it notices, and the status of the cluster with it.
    """
    if action.status not in ("SUCCEEDED", "FAILED", "CANCELLED"):
        return False
    return not action.depends_on and action.status_reason != "Action execution failed"
