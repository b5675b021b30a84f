"""Creates objects in Senlin for tests, and deletes them after each test."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from openstack_clustering import Cluster, Node, Policy, Profile, Proxy, Resource, exceptions

SERVER: dict[str, Any] = {
    "type": "os.nova.server",
    "version": "1.0",
    "properties": {"flavor": "m1.tiny", "image": "cirros", "networks": [{"network": "private"}]},
}
SCALING: dict[str, Any] = {
    "type": "senlin.policy.scaling",
    "version": "1.0",
    "properties": {"event": "CLUSTER_SCALE_OUT", "adjustment": {}},
}
FAST = 0.05  # seconds between two polls; the sandbox is fast, too

T = TypeVar("T")
Login = Callable[..., Proxy]


def until(condition: Callable[[], T], wait: float = 20) -> T:
    """Return the first true value of the condition."""
    end = time.monotonic() + wait
    while not (value := condition()):
        assert time.monotonic() < end, f"no true value in {wait} s"
        time.sleep(FAST)
    return value


def action_of(resource: Resource) -> str:
    """Return the id of the action that the request for this resource started."""
    assert resource.action_id is not None
    return resource.action_id


class Factory:
    """Creates objects, and deletes them in reverse order."""

    def __init__(self, senlin: Proxy, name: str) -> None:
        self._senlin = senlin
        self._name = name
        self._cleanups: list[Callable[[], object]] = []

    def profile(self, **properties: Any) -> Profile:
        spec = {**SERVER, "properties": {**SERVER["properties"], **properties}}
        profile = self._senlin.create_profile(name=f"{self._name}-{len(self._cleanups)}", spec=spec)
        self._cleanups.append(lambda: self._senlin.delete_profile(profile))
        return profile

    def policy(self, spec: dict[str, Any] = SCALING) -> Policy:
        policy = self._senlin.create_policy(name=self._name, spec=spec)
        self._cleanups.append(lambda: self._senlin.delete_policy(policy))
        return policy

    def cluster(self, size: int = 0, **attrs: Any) -> Cluster:
        attrs = {"name": self._name, "profile_id": None, "desired_capacity": size} | attrs
        attrs["profile_id"] = attrs["profile_id"] or self.profile(name=self._name)
        cluster = self._senlin.create_cluster(**attrs)
        self._cleanups.append(lambda: self._delete(cluster))
        self._senlin.wait_for_action(action_of(cluster), interval=FAST)
        return self._senlin.get_cluster(cluster.id)

    def node(self, **attrs: Any) -> Node:
        attrs = {"name": f"{self._name}-node", "profile_id": None} | attrs
        attrs["profile_id"] = attrs["profile_id"] or self.profile(name=self._name)
        node = self._senlin.create_node(**attrs)
        self._cleanups.append(lambda: self._delete(node))
        self._senlin.wait_for_action(action_of(node), interval=FAST)
        return self._senlin.get_node(node.id)

    def on_cleanup(self, cleanup: Callable[[], object]) -> None:
        """Call this at the end, before objects that were created earlier are deleted."""
        self._cleanups.append(cleanup)

    def clean_up(self) -> None:
        for cleanup in reversed(self._cleanups):
            cleanup()

    def _delete(self, resource: Cluster | Node) -> None:
        kind = type(resource).__name__.lower()
        delete = getattr(self._senlin, f"delete_{kind}")
        deleted = delete(resource, force_delete=True)
        with suppress(exceptions.ResourceFailure):  # an object that the test has broken stays
            self._senlin.wait_for_delete(deleted, interval=FAST)
