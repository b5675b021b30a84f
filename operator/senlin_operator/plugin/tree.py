"""`kubectl senlin tree`: a cluster with all that belongs to it, as a tree."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from openstack_clustering import ClientException, ClusterPolicy, Node, Receiver
from openstack_clustering.exceptions import ResourceNotFound
from senlin_operator.kinds import KINDS
from senlin_operator.kinds.shared.health import TRANSIENT, fault
from senlin_operator.kube.client import KubeError
from senlin_operator.kube.objects import Key, Resource
from senlin_operator.model.ownership import IN_METADATA, IN_NAME, without_suffix
from senlin_operator.plugin.cloud import NoCloud, connect, credential_of, told
from senlin_operator.plugin.facts import CloudFacts, Facts, PastAction, read_cluster
from senlin_operator.plugin.kube import UserClient
from senlin_operator.plugin.names import CLUSTER
from senlin_operator.plugin.terminal import Branch, Colour, Palette, clean, columns

_RELATED = tuple(name for name in KINDS if name != CLUSTER)
_GOOD = ("ACTIVE", "SUCCEEDED", "True")
_BAD = ("ERROR", "FAILED", "CANCELLED", "False")
_GOOD_IF_FALSE = ("Reconciling", "Stalled", "Paused")
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


async def gather(kube: UserClient, key: Key, last: int) -> Facts:
    """Return what is to be shown of a cluster.

    Raises:
        KubeError: The SenlinCluster does not exist, or may not be read.
    """
    resource = await kube.get(key)
    related = [it for kind in _RELATED for it in await _listed(kube, kind, key.namespace)]
    if not resource.cloud_id:
        return Facts(resource, related, why="there is no cluster in Senlin yet.")
    try:
        credential = await credential_of(kube, resource)
        with connect(credential) as connection:
            id_ = resource.cloud_id
            cloud = await asyncio.to_thread(lambda: read_cluster(connection.cluster, id_, last))
        return Facts(resource, related, cloud)
    except NoCloud as error:
        return Facts(resource, related, why=str(error))
    except ResourceNotFound:
        why = f"Senlin has no cluster {resource.cloud_id} (any more)."
        return Facts(resource, related, why=why)
    except ClientException as error:
        return Facts(resource, related, why=told(error))


async def watch(kube: UserClient, key: Key, last: int, pause: float) -> AsyncIterator[Facts]:
    """Yield what is to be shown of a cluster, again and again, until it is deleted.

    Args:
        kube: The person's client.
        key: The SenlinCluster.
        last: How many of its actions.
        pause: Seconds between two readings.

    Raises:
        KubeError: The SenlinCluster does not exist any more, or may not be read.
    """
    while True:
        yield await gather(kube, key, last)
        await asyncio.sleep(pause)


async def _listed(kube: UserClient, kind: str, namespace: str) -> list[Resource]:
    """Return the resources of a kind; none if the person may not list them."""
    try:
        return await kube.list_all(kind, namespace)
    except KubeError as error:
        if error.status != 403:
            raise
        return []


def drawn(facts: Facts, palette: Palette, now: datetime) -> Branch:
    """Return the tree of a cluster."""
    return _Drawing(facts, palette, now).root()


class _Drawing:
    def __init__(self, facts: Facts, palette: Palette, now: datetime) -> None:
        self._facts = facts
        self._palette = palette
        self._now = now
        self._by_uid = {it.uid: it for it in facts.related}
        self._by_cloud_id = {it.cloud_id: it for it in facts.related if it.cloud_id}

    def root(self) -> Branch:
        resource, cloud = self._facts.resource, self._facts.cloud
        name = self._palette.paint(str(resource.key), Colour.HEADING)
        ready = resource.condition("Ready")
        reason = f" {self._status(ready['reason'], ready['status'])}" if ready else ""
        paused = self._palette.paint(" paused", Colour.CHANGING) if resource.paused else ""
        deleting = self._palette.paint(" being deleted", Colour.CHANGING)
        text = f"{name}{reason}{paused}{deleting if resource.deleting else ''}"
        below = [self._conditions(), *(self._of_cloud(cloud) if cloud else [self._no_cloud()])]
        return Branch(text, below)

    def _no_cloud(self) -> Branch:
        return Branch(f"Senlin: {clean(self._facts.why)}")

    def _conditions(self) -> Branch:
        rows = [
            (
                str(it["type"]),
                self._condition_status(it),
                str(it["reason"]),
                self._aside(it["message"]),
            )
            for it in self._facts.resource.status.get("conditions", ())
        ]
        return Branch("conditions", _rows(rows))

    def _condition_status(self, condition: Mapping[str, Any]) -> str:
        status = str(condition["status"])
        if condition["type"] in _GOOD_IF_FALSE:
            colour = Colour.ASIDE if status == "False" else Colour.CHANGING
            return self._palette.paint(status, colour)
        return self._status(status)

    def _of_cloud(self, cloud: CloudFacts) -> Iterator[Branch]:
        cluster = cloud.cluster
        reason = "" if cluster.status == "ACTIVE" else f"  {clean(cluster.status_reason)}"
        yield Branch(f"cluster {clean(cluster.name)}  {self._status(cluster.status)}{reason}")
        yield self._profile(cloud)
        yield self._members(cloud)
        rows = [self._binding(bound) for bound in cloud.bindings]
        yield Branch("policies" if rows else "policies: none", _rows(rows))
        rows = [(clean(self._owned_name(it)), it.type, it.action) for it in cloud.receivers]
        yield Branch("receivers" if rows else "receivers: none", _rows(rows))
        yield Branch("last actions", [self._action(past, cloud) for past in cloud.actions])

    def _profile(self, cloud: CloudFacts) -> Branch:
        id_, profile = cloud.cluster.profile_id, cloud.profile
        name = clean(profile.name) if profile else id_
        type_ = f"  {clean(profile.type)}" if profile else ""
        return Branch(f"profile {name}{type_}{self._resource_of(id_)}")

    def _members(self, cloud: CloudFacts) -> Branch:
        cluster, nodes = cloud.cluster, cloud.nodes
        active = sum(node.status == "ACTIVE" for node in nodes)
        most = "no limit" if cluster.max_size < 0 else cluster.max_size
        text = (
            f"members: {active} of {len(nodes)} active; desired {cluster.desired_capacity}, "
            f"min {cluster.min_size}, max {most}"
        )
        return Branch(text, _rows([self._node(node) for node in nodes]))

    def _node(self, node: Node) -> tuple[str, ...]:
        marker = IN_METADATA.read(node)
        owner = self._by_uid.get(marker.uid) if marker else None
        mirror = self._by_cloud_id.get(node.id)
        resource = owner or mirror
        return (
            clean(node.name),
            self._status(node.status),
            str(resource.key) if resource else "",
            self._aside(self._fault(node)),
        )

    def _fault(self, node: Node) -> str:
        """Return the fault as the status of the cluster tells it, else Senlin's reason."""
        if node.status == "ACTIVE":
            return ""
        told_ = {it["node"]: it["reason"] for it in self._facts.resource.status.get("faults", ())}
        return clean(told_.get(node.id) or fault(node)["reason"])

    def _binding(self, bound: ClusterPolicy) -> tuple[str, ...]:
        enabled = "enabled" if bound.is_enabled else self._aside("disabled")
        resource = self._by_cloud_id.get(bound.policy_id)
        name = without_suffix(bound.policy_name, resource.uid) if resource else bound.policy_name
        return clean(name), clean(bound.policy_type), enabled, str(resource.key) if resource else ""

    def _action(self, past: PastAction, cloud: CloudFacts) -> Branch:
        action, names = past.action, {node.id: clean(node.name) for node in cloud.nodes}
        failed = action.status in ("FAILED", "CANCELLED")
        reason = f"  {clean(action.status_reason)}" if failed else ""
        text = f"{action.action}  {self._status(action.status)}{self._times(past)}{reason}"
        rows = [
            (
                str(it["action"]),
                names.get(it["target"], str(it["target"])),
                self._status(it["status"]),
                clean(it.get("reason", "")) if it["status"] != "SUCCEEDED" else "",
            )
            for it in past.derived
        ]
        more = past.total - len(rows)
        return Branch(text, [*_rows(rows), *([Branch(f"and {more} more")] if more > 0 else [])])

    def _times(self, past: PastAction) -> str:
        action = past.action
        if not action.start_at:
            return ""
        now = self._now.timestamp()
        took = f", took {age(action.end_at - action.start_at)}" if action.end_at else ""
        return self._palette.paint(f"  {age(now - action.start_at)} ago{took}", Colour.ASIDE)

    def _resource_of(self, id_: str) -> str:
        resource = self._by_cloud_id.get(id_)
        return f"  {resource.key}" if resource else ""

    def _owned_name(self, receiver: Receiver) -> str:
        """Return the name of a receiver without the owner's marker at its end."""
        marker = IN_NAME.read(receiver)
        owned = marker is not None and marker.uid in self._by_uid
        return without_suffix(receiver.name, marker.uid) if marker and owned else receiver.name

    def _status(self, text: str, value: str | None = None) -> str:
        value = value or text
        if value in _GOOD:
            return self._palette.paint(text, Colour.GOOD)
        if value in _BAD:
            return self._palette.paint(text, Colour.BAD)
        changing = value in TRANSIENT or value in ("RUNNING", "WAITING", "READY", "WARNING")
        return self._palette.paint(text, Colour.CHANGING) if changing else clean(text)

    def _aside(self, text: object) -> str:
        return self._palette.paint(clean(text), Colour.ASIDE)


def _rows(rows: Iterable[tuple[str, ...]]) -> list[Branch]:
    table = list(rows)
    return [Branch(line) for line in columns(table)] if table else []


def age(seconds: float) -> str:
    """Return a length of time as kubectl shows it: 12s, 5m, 3h, 2d."""
    whole = max(int(seconds), 0)
    for unit, length in (("d", _DAY), ("h", _HOUR), ("m", _MINUTE)):
        if whole >= 2 * length or (unit == "d" and whole >= length):
            return f"{whole // length}{unit}"
    return f"{whole}s"
