"""The content of a project, as far as manifests need it."""

from collections.abc import Mapping
from typing import NamedTuple

from openstack_clustering import Cluster, Node, Policy, Profile, Proxy, Receiver
from senlin_operator.kinds.shared import bindings
from senlin_operator.kinds.shared.bindings import Binding


class Project(NamedTuple):
    """All objects, each list in the order of Senlin."""

    profiles: tuple[Profile, ...]
    policies: tuple[Policy, ...]
    clusters: tuple[Cluster, ...]
    nodes: tuple[Node, ...]
    receivers: tuple[Receiver, ...]
    bindings: Mapping[str, tuple[Binding, ...]]  # of each cluster that has policies, by its id


def read(proxy: Proxy) -> Project:
    """Read a project: five lists, and a request for each cluster with policies.

    Raises:
        ClientException: Senlin refuses it, or what it says is unusable.
    """
    clusters = tuple(proxy.clusters())
    return Project(
        profiles=tuple(proxy.profiles()),
        policies=tuple(proxy.policies()),
        clusters=clusters,
        nodes=tuple(proxy.nodes()),
        receivers=tuple(proxy.receivers()),
        bindings={it.id: bindings.fetch(proxy, it.id) for it in clusters if it.policies},
    )


def selected(project: Project, labels: Mapping[str, str]) -> Project:
    """Return the clusters and nodes with these entries in their metadata, and what they use.

    Args:
        project: A whole project.
        labels: Keys of metadata, with their values; none: the whole project is returned.
    """
    if not labels:
        return project

    def has_labels(item: Cluster | Node) -> bool:
        return all((item.metadata or {}).get(key) == value for key, value in labels.items())

    clusters = tuple(filter(has_labels, project.clusters))
    ids = {it.id for it in clusters}
    nodes = tuple(it for it in project.nodes if has_labels(it) or it.cluster_id in ids)
    profiles = {*(it.profile_id for it in clusters), *(it.profile_id for it in nodes)}
    bound = {id_: of for id_, of in project.bindings.items() if id_ in ids}
    policies = {binding.policy_id for of in bound.values() for binding in of}
    return Project(
        profiles=tuple(it for it in project.profiles if it.id in profiles),
        policies=tuple(it for it in project.policies if it.id in policies),
        clusters=clusters,
        nodes=nodes,
        receivers=tuple(it for it in project.receivers if it.cluster_id in ids),
        bindings=bound,
    )
