"""The target of an operation, and why an operation is not sent to it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from openstack_clustering import Cluster, Node
from senlin_operator.cloud.snapshot import Snapshot
from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.objects import Key, Resource
from senlin_operator.model.outcome import Waiting
from senlin_operator.model.run import Refused, Target

_CLUSTER, _NODE = "SenlinCluster", "SenlinNode"
_RESIZING = ("scaleIn", "scaleOut", "resize", "addNodes", "removeNodes")
_REQUEUE = 5.0  # seconds; the latest snapshot is read again, and no poll is requested

OwnerOf = Callable[[str], Key | None]


def reference(resource: Resource) -> Key | None:
    """Return the custom resource that the operation is about; None: the manifest has an id."""
    for field, kind in (("clusterRef", _CLUSTER), ("nodeRef", _NODE)):
        if field in resource.spec:
            return Key(kind, resource.key.namespace, resource.spec[field]["name"])
    return None


def target(
    resource: Resource, snapshot: Snapshot, known: Mapping[Key, Resource], owner_of: OwnerOf
) -> Target | Waiting | Refused:
    """Return the target, or why the operation is not sent, for now or at all.

    Args:
        resource: The SenlinOperation.
        snapshot: The latest one.
        known: The custom resource that the operation is about, with a cloud id.
        owner_of: Returns the custom resource that made the cloud object with an id.
    """
    key = reference(resource)
    if key is None:
        found = _by_id(resource, snapshot, owner_of)
    else:
        found = _by_reference(known[key], snapshot, resource)
    if not isinstance(found, Target):
        return found
    refused = _declared_nodes(resource, owner_of)
    return Refused(refused) if refused else found


def _by_id(resource: Resource, snapshot: Snapshot, owner_of: OwnerOf) -> Target | Waiting | Refused:
    type_: Literal["cluster", "node"] = "cluster" if "clusterID" in resource.spec else "node"
    id_ = resource.spec[f"{type_}ID"]
    listed = _named(type_, id_, snapshot)
    if listed is None:
        return Refused(f"Senlin has no {type_} with the id {id_} in this project.")
    if owner := owner_of(id_):
        if owner.namespace != resource.key.namespace:
            return Refused(f"The {type_} {id_} is managed by a resource of another namespace.")
        return Refused(f"{owner} stands for the {type_} {id_}: name it in {type_}Ref.")
    return listed


def _by_reference(
    referred: Resource, snapshot: Snapshot, resource: Resource
) -> Target | Waiting | Refused:
    if referred.paused:
        text = f"{referred.key} is paused, so nothing is sent to it."
        return Waiting(Reason.TARGET_PAUSED, text)
    word = operation(resource)
    spec = referred.spec.get("resource", {})
    owner = spec.get("capacityOwner", "Senlin")
    if word in _RESIZING and owner != "Senlin":
        return Refused(
            f"The size of {referred.key} belongs to its manifest (capacityOwner: {owner}), which "
            f"would set it back. Change it by: kubectl scale senlincluster/{referred.key.name} "
            "--replicas=NUMBER"
        )
    type_: Literal["cluster", "node"] = "cluster" if referred.key.kind == _CLUSTER else "node"
    listed = _named(type_, str(referred.cloud_id), snapshot)
    if listed is None:
        text = f"Senlin does not list {referred.key} at present."
        return Waiting(Reason.REFERENCE_NOT_READY, text, requeue_after=_REQUEUE)
    return listed


def _named(type_: Literal["cluster", "node"], id_: str, snapshot: Snapshot) -> Target | None:
    objects: Mapping[str, Any] = snapshot.all(Cluster if type_ == "cluster" else Node)
    return Target(type_, id_, objects[id_].name) if id_ in objects else None


def operation(resource: Resource) -> str:
    """Return the operation, such as `resize`."""
    [word] = resource.spec["operation"]
    return str(word)


def _declared_nodes(resource: Resource, owner_of: OwnerOf) -> str | None:
    """Return a sentence about nodes whose own manifests say which cluster they are in."""
    word = operation(resource)
    for id_ in _nodes(word, resource.spec["operation"][word]):
        owner = owner_of(id_)
        if owner is not None and owner.namespace == resource.key.namespace:
            return f"{owner} stands for the node {id_}: change its clusterRef instead."
        if owner is not None:
            return f"The node {id_} is managed by a resource of another namespace."
    return None


def _nodes(word: str, wanted: Mapping[str, Any]) -> Iterator[str]:
    for node in wanted.get("nodes", ()):
        if word == "replaceNodes":
            yield from (node["old"], node["new"])
        else:
            yield node
