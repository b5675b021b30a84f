"""Manifests and Senlin's documents: complete and unremarkable; a test names what it changes."""

import asyncio
import base64
import time
from collections.abc import Awaitable, Iterable, Mapping
from typing import Any

from openstack_clustering import Action, Cluster, Node, Policy, Profile, Receiver
from senlin_operator.cloud.snapshot import Snapshot
from senlin_operator.kinds import KINDS
from senlin_operator.kinds.cluster.desired import Desired
from senlin_operator.kinds.cluster.observed import Observed
from senlin_operator.kube.objects import FINALIZER, SECRET, Key, Resource
from senlin_operator.model.ownership import OWNER_KEY, Owner, entries
from senlin_operator.model.queue import Queue
from senlin_operator.model.step import Step, StepResult

NAMESPACE = "team"
UID = "11111111-aaaa"
KUBERNETES = "uid-of-kube-system"
NOW = "2026-01-01T00:00:00Z"
CLOUDS = (
    "clouds: {openstack: {auth: {auth_url: http://keystone, username: u, password: p, "
    "user_domain_id: default}}}"
)
SECRET_KEY = Key(SECRET, NAMESPACE, "openstack")
SCALING: dict[str, Any] = {
    "type": "senlin.policy.scaling",
    "version": "1.0",
    "properties": {"event": "CLUSTER_SCALE_OUT", "adjustment": {}},
}
Document = dict[str, Any]
# The desired and the observed state of a cluster; no step leads from one to the other.
DESIRED_OF_THREE = Desired(name="web", profile_id="p1", min_size=1, max_size=5, desired_capacity=3)
OBSERVED_OF_THREE = Observed(
    id="c1",
    name="web",
    profile_id="p1",
    min_size=1,
    max_size=5,
    desired_capacity=3,
    nodes=3,
    active=3,
    removal_order=("n1", "n2", "n3"),
)


class Clock:
    """A monotonic clock that moves when the test says so, and otherwise hardly at all."""

    def __init__(self) -> None:
        self._now = time.monotonic()

    def __call__(self) -> float:
        self._now += 1e-6
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += seconds


async def take_all(queue: Queue) -> list[Key]:
    """Take every key that the queue gives out now, as several workers would."""
    keys: list[Key] = []
    while (key := await _if_soon(queue.get())) is not None:
        keys.append(key)
    return keys


async def _if_soon(waiting: Awaitable[Key]) -> Key | None:
    task = asyncio.ensure_future(waiting)
    for _ in range(3):
        await asyncio.sleep(0)
    if task.done():
        return task.result()
    task.cancel()
    return None


def a_manifest(
    kind: str,
    name: str,
    resource: Mapping[str, Any],
    *,
    status: Mapping[str, Any] | None = None,
    spec: Mapping[str, Any] | None = None,
    **metadata: Any,
) -> Document:
    """Return an object as the API server sends it, with the defaults of the definition."""
    return {
        "kind": kind,
        "metadata": {
            "namespace": NAMESPACE,
            "name": name,
            "uid": UID,
            "generation": 1,
            "resourceVersion": "1",
            **metadata,
        },
        "spec": {
            "cloudCredentialsRef": {"secretName": SECRET_KEY.name, "cloudName": "openstack"},
            "managedOptions": {"onDelete": "delete"},
            "resyncPeriod": "10m",
            "resource": resource,
            **(spec or {}),
        },
        **({} if status is None else {"status": status}),
    }


def a_profile_manifest(name: str = "small", resource: Any = None, **more: Any) -> Document:
    defaults = {"type": "os.nova.server", "version": "1.0", "properties": {"flavor": "m1.tiny"}}
    return a_manifest("SenlinProfile", name, {**defaults, **(resource or {})}, **more)


def a_policy_manifest(name: str = "grow", resource: Any = None, **more: Any) -> Document:
    return a_manifest("SenlinPolicy", name, {**SCALING, **(resource or {})}, **more)


def a_cluster_manifest(name: str = "web", resource: Any = None, **more: Any) -> Document:
    defaults = {
        "profileRef": {"name": "small"},
        "minSize": 0,
        "maxSize": -1,
        "capacityOwner": "Spec",
        "timeoutSeconds": 3600,
        "metadata": {},
        "config": {},
    }
    return a_manifest("SenlinCluster", name, {**defaults, **(resource or {})}, **more)


def a_template_manifest(flavor: str = "m1.tiny", resource: Any = None, **more: Any) -> Document:
    """Return a cluster with an inline profile."""
    profile = {"type": "os.nova.server", "version": "1.0", "properties": {"flavor": flavor}}
    raw = a_cluster_manifest("web", {"profile": profile, **(resource or {})}, **more)
    del raw["spec"]["resource"]["profileRef"]
    return raw


def a_node_manifest(name: str = "one", resource: Any = None, **more: Any) -> Document:
    defaults = {"profileRef": {"name": "small"}, "metadata": {}, "tainted": False}
    return a_manifest("SenlinNode", name, {**defaults, **(resource or {})}, **more)


def a_receiver_manifest(name: str = "grow", resource: Any = None, **more: Any) -> Document:
    defaults = {
        "type": "webhook",
        "clusterRef": {"name": "web"},
        "action": "CLUSTER_SCALE_OUT",
    }
    return a_manifest("SenlinReceiver", name, {**defaults, **(resource or {})}, **more)


def an_operation_manifest(
    operation: Document | None = None,
    *,
    name: str = "once",
    target: Document | None = None,
    status: Mapping[str, Any] | None = None,
    spec: Mapping[str, Any] | None = None,
    **metadata: Any,
) -> Document:
    """Return an operation; if nothing is said, a check of the cluster of SenlinCluster web."""
    raw = a_manifest("SenlinOperation", name, {}, status=status, **metadata)
    raw["spec"] = {
        "cloudCredentialsRef": raw["spec"]["cloudCredentialsRef"],
        "operation": operation or {"check": {}},
        "backoffLimit": 0,
        "suspend": False,
        **(target or {"clusterRef": {"name": "web"}}),
        **(spec or {}),
    }
    return raw


def a_secret_manifest(clouds: str = CLOUDS, **metadata: Any) -> Document:
    identity = {"namespace": NAMESPACE, "name": SECRET_KEY.name, "uid": "secret-uid"}
    return {
        "metadata": {**identity, "resourceVersion": "1", **metadata},
        "data": {"clouds.yaml": base64.b64encode(clouds.encode()).decode()},
    }


def a_resource(raw: Document) -> Resource:
    return Resource(raw.get("kind", SECRET), raw)


def a_condition(type_: str = "Ready", status: str = "True", **fields: Any) -> Document:
    rest = {"reason": "Ready", "message": "", "lastTransitionTime": NOW, "observedGeneration": 1}
    return {"type": type_, "status": status, **rest, **fields}


def ready(id_: str) -> Document:
    """Return the status of an object that is Ready."""
    return {"id": id_, "observedGeneration": 1, "conditions": [a_condition()]}


WITH_FINALIZER: Mapping[str, Any] = {"finalizers": [FINALIZER]}
DELETING: Mapping[str, Any] = {**WITH_FINALIZER, "deletionTimestamp": NOW}


def a_cluster(id_: str = "c1", uid: str | None = UID, **fields: Any) -> Cluster:
    document = {
        "id": id_,
        "name": "web",
        "profile_id": "p1",
        "min_size": 1,
        "max_size": 5,
        "desired_capacity": 3,
        "timeout": 3600,
        "status": "ACTIVE",
        "status_reason": "",
        "metadata": {OWNER_KEY: uid} if uid else {},
        "config": {},
        "created_at": NOW,
    }
    return Cluster({**document, **fields}).typed()[0]


def a_node(id_: str = "n1", cluster: str = "c1", **fields: Any) -> Node:
    document = {
        "id": id_,
        "name": f"node-{id_}",
        "cluster_id": cluster,
        "profile_id": "p1",
        "status": "ACTIVE",
        "status_reason": "",
        "physical_id": f"server-{id_}",
        "created_at": NOW,
    }
    return Node({**document, **fields}).typed()[0]


def a_profile(id_: str = "p1", uid: str | None = UID, **fields: Any) -> Profile:
    metadata = {OWNER_KEY: uid} if uid else {}
    document: Document = {
        "id": id_,
        "name": "small",
        "spec": {"type": "os.nova.server", "version": "1.0", "properties": {"flavor": "m1.tiny"}},
        "metadata": metadata,
        "created_at": NOW,
    }
    return Profile({**document, **fields}).typed()[0]


def a_policy(id_: str = "y1", uid: str | None = UID, **fields: Any) -> Policy:
    name = f"grow.{uid}" if uid else "grow"
    document = {"id": id_, "name": name, "spec": SCALING, "created_at": "2026-01-01T00:00:00.123"}
    return Policy({**document, **fields}).typed()[0]


def a_receiver(id_: str = "r1", uid: str | None = UID, **fields: Any) -> Receiver:
    document: Document = {
        "id": id_,
        "name": f"grow.{uid}" if uid else "grow",
        "type": "webhook",
        "cluster_id": "c1",
        "action": "CLUSTER_SCALE_OUT",
        "params": {},
        "channel": {"alarm_url": f"http://senlin/v1/webhooks/{id_}/trigger?V=2"},
        "created_at": NOW,
    }
    return Receiver({**document, **fields}).typed()[0]


def an_action(id_: str = "a1", status: str = "RUNNING", **fields: Any) -> Action:
    document: Document = {
        "id": id_,
        "action": "CLUSTER_RESIZE",
        "target": "c1",
        "cluster_id": "c1",
        "status": status,
        "status_reason": "",
        "depends_on": [],
        "end_time": None,
    }
    return Action({**document, **fields}).typed()[0]


def a_snapshot(
    *,
    clusters: Iterable[Cluster] = (),
    nodes: Iterable[Node] = (),
    profiles: Iterable[Profile] = (),
    policies: Iterable[Policy] = (),
    receivers: Iterable[Receiver] = (),
    unfinished: Iterable[Action] = (),
    ended: Iterable[Action] = (),
    began: float = 0.0,
) -> Snapshot:
    return Snapshot.build(
        KINDS.values(),
        {
            Cluster: tuple(clusters),
            Node: tuple(nodes),
            Profile: tuple(profiles),
            Policy: tuple(policies),
            Receiver: tuple(receivers),
        },
        began=began,
        unfinished={it.id: it for it in unfinished},
        ended={it.id: it for it in ended},
    )


def an_owner(uid: str = UID, key: Key | None = None, kubernetes: str = KUBERNETES) -> Owner:
    """Return a custom resource, as markers say it; by default SenlinCluster web."""
    return Owner(uid, kubernetes, key or Key("SenlinCluster", NAMESPACE, "web"))


def the_marker(uid: str = UID) -> dict[str, str]:
    """Return its marker in metadata."""
    return entries(an_owner(uid))


def execute(proxy: Any, step: Step, uid: str = UID) -> StepResult:
    """Carry a step out as the executor does, on a fake of the client."""
    return step.run(proxy, an_owner(uid))
