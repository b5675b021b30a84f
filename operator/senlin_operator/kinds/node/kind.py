"""SenlinNode: one server or stack, by itself or in a cluster."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from openstack_clustering import Cluster, Node, Proxy
from senlin_operator.cloud.documents import checked
from senlin_operator.cloud.snapshot import CloudObject, Snapshot
from senlin_operator.kinds.node.desired import Desired, desired, references
from senlin_operator.kinds.node.membership import below_min_size
from senlin_operator.kinds.node.observed import Observed, made_by_adoption, observe
from senlin_operator.kinds.node.plan import change_in_place, plan
from senlin_operator.kinds.node.status import readiness, resource_status
from senlin_operator.kinds.node.steps import (
    Check,
    Claim,
    Delete,
    DeleteAdopted,
    DeleteProfile,
    Recover,
)
from senlin_operator.kinds.shared import bindings
from senlin_operator.kinds.shared.fields import from_observed
from senlin_operator.kube.objects import Key, Resource
from senlin_operator.model import kind
from senlin_operator.model.kind import Kind
from senlin_operator.model.outcome import Waiting
from senlin_operator.model.step import Step


class Deletion(kind.Deletion[Observed]):
    """A member needs room in its cluster to be deleted, and an adoption leaves a profile behind."""

    def blocked(self, observed: Observed) -> Waiting | None:
        return below_min_size(observed)

    def leftovers(self, snapshot: Snapshot, uid: str) -> list[Step]:
        return [DeleteProfile(id_) for id_ in made_by_adoption(snapshot, uid)]


class Checks(kind.Checks[Desired, Observed]):
    """A check of the node, or the recovery of an unfinished node without a server."""

    def step(self, observed: Observed) -> Step:
        """Return a check; for an unfinished node without a server a recovery, as a check fails."""
        if observed.transient and not observed.physical_id:
            text = "another try at a node that Senlin has left unfinished"
            return Recover(observed.id, text)
        return Check(observed.id)

    def interval(self, desired: Desired) -> float | None:
        return desired.remediation.check_interval


class ClusterPolicies(kind.Details[Desired, Observed]):
    """The policies of the node's cluster: no list shows whether they are enabled."""

    def version(self, desired: Desired, observed: Observed) -> float | None:
        """Return the time of the poll if the plan needs the policies, so that each poll counts.

        The node's server may depend on their latest state: an enabled policy may destroy it.
        """
        leaves = observed.cluster_id not in ("", desired.cluster_id)
        recovers = observed.cluster_id and desired.remediation.recover and not observed.works
        return observed.snapshot.polled if leaves or recovers else None

    def fetch(self, proxy: Proxy, id_: str) -> tuple[bindings.Binding, ...]:
        cluster_id = checked(proxy.get_node(id_)).cluster_id
        return bindings.fetch(proxy, cluster_id) if cluster_id else ()

    def add(self, observed: Observed, facts: Any) -> Observed:
        return replace(observed, policies=facts)


class Schemas(kind.Schemas[Desired, Observed]):
    """The schema of the profile's type, for a change of profile."""

    def profile_type(self, desired: Desired, observed: Observed) -> str | None:
        profile = change_in_place(desired, observed)
        return profile.wanted.type_name if profile else None

    def add(self, observed: Observed, schema: Mapping[str, Any]) -> Observed:
        return replace(observed, schema=schema)


class NodeKind(Kind[Desired, Observed]):
    """A node is created without a cluster, and joins one afterwards."""

    def __init__(self, *, repaired: bool = False) -> None:
        self._repaired = repaired

    name = "SenlinNode"
    plural = "senlinnodes"
    short_name = "snode"
    resource_type = Node

    deletion = Deletion()
    checks = Checks()
    details = ClusterPolicies()
    schemas = Schemas()

    observe = staticmethod(observe)
    references = staticmethod(references)
    plan = staticmethod(plan)
    readiness = staticmethod(readiness)
    resource_status = staticmethod(resource_status)

    def desired(self, resource: Resource, known: Mapping[Key, Resource]) -> Desired:
        return replace(desired(resource, known), repaired=self._repaired)

    def list_objects(self, proxy: Proxy) -> Iterable[Node]:
        return proxy.nodes()

    def get_object(self, proxy: Proxy, id_: str) -> Node:
        return proxy.get_node(id_)

    def list_members(self, proxy: Proxy, cluster: CloudObject) -> Iterable[Node]:
        return proxy.nodes(cluster_id=cluster.id) if isinstance(cluster, Cluster) else ()

    def cluster_id(self, cloud_object: Any) -> str | None:
        return cloud_object.cluster_id or None

    def desired_from(self, observed: Observed) -> Desired:
        return Desired(**from_observed(observed), cluster_id=observed.cluster_id)

    def delete(self, observed: Observed, *, force: bool) -> Step:
        if observed.unclaimed_profile:
            return DeleteAdopted(observed.id, observed.unclaimed_profile, force)
        return Delete(observed.id, force)

    def claim(self, id_: str, what: str, taken_from: str | None) -> Step:
        return Claim(id_, what, taken_from)

    def unclaimable(self, observed: Observed) -> str:
        """Return why not: an update of a broken node makes Senlin 16 call it ACTIVE."""
        return "" if observed.works else f"Senlin says {observed.status}: {observed.cause}"
