"""What tests make in Senlin, and remove after each test."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from openstack_clustering import Cluster, Node, Policy, Profile, Proxy, exceptions

SERVER = {
    "type": "os.nova.server",
    "version": "1.0",
    "properties": {"flavor": "m1.tiny", "image": "cirros", "networks": []},
}
SCALING = {
    "type": "senlin.policy.scaling",
    "version": "1.0",
    "properties": {"event": "CLUSTER_SCALE_OUT", "adjustment": {}},
}
FAST = 0.05  # seconds between two looks; the sandbox is fast as well


T = TypeVar("T")
Login = Callable[..., Proxy]


def until(look: Callable[[], T], wait: float = 20) -> T:
    """Return what a look finds, as soon as it finds something."""
    end = time.monotonic() + wait
    while not (found := look()):
        assert time.monotonic() < end, "it did not come in time"
        time.sleep(FAST)
    return found


class Maker:
    """Makes things and knows how to remove them."""

    def __init__(self, senlin: Proxy, name: str) -> None:
        self._senlin = senlin
        self._name = name
        self._made: list[Callable[[], object]] = []

    def profile(self, **properties: Any) -> Profile:
        spec = {**SERVER, "properties": {**SERVER["properties"], **properties}}
        profile = self._senlin.create_profile(name=f"{self._name}-{len(self._made)}", spec=spec)
        self._made.append(lambda: self._senlin.delete_profile(profile))
        return profile

    def policy(self, spec: dict[str, Any] = SCALING) -> Policy:
        policy = self._senlin.create_policy(name=self._name, spec=spec)
        self._made.append(lambda: self._senlin.delete_policy(policy))
        return policy

    def cluster(self, size: int = 0, **attrs: Any) -> Cluster:
        attrs = {"name": self._name, "profile_id": None, "desired_capacity": size} | attrs
        attrs["profile_id"] = attrs["profile_id"] or self.profile(name=self._name)
        cluster = self._senlin.create_cluster(**attrs)
        self._made.append(lambda: self._remove(cluster))
        self._senlin.wait_for_action(cluster.action_id, interval=FAST)
        return self._senlin.get_cluster(cluster.id)

    def node(self, **attrs: Any) -> Node:
        attrs = {"name": f"{self._name}-node", "profile_id": None} | attrs
        attrs["profile_id"] = attrs["profile_id"] or self.profile(name=self._name)
        node = self._senlin.create_node(**attrs)
        self._made.append(lambda: self._remove(node))
        self._senlin.wait_for_action(node.action_id, interval=FAST)
        return self._senlin.get_node(node.id)

    def also(self, undo: Callable[[], object]) -> None:
        """Let this be done at the end, before what was made earlier is removed."""
        self._made.append(undo)

    def remove(self) -> None:
        for undo in reversed(self._made):
            undo()

    def _remove(self, resource: Cluster | Node) -> None:
        kind = type(resource).__name__.lower()
        delete = getattr(self._senlin, f"delete_{kind}")
        deleted = delete(resource, force_delete=True)
        with suppress(exceptions.ResourceFailure):  # what the test has broken for good stays
            self._senlin.wait_for_delete(deleted, interval=FAST)
