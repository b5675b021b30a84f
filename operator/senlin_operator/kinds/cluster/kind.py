"""SenlinCluster: a number of nodes of one profile."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from openstack_clustering import Cluster, Node, Proxy
from senlin_operator.kinds.cluster.dependents import Dependents
from senlin_operator.kinds.cluster.desired import Desired, desired, first_size, references
from senlin_operator.kinds.cluster.observed import Observed, observe
from senlin_operator.kinds.cluster.plan import changes_in_place, plan
from senlin_operator.kinds.cluster.status import conditions, nodes, readiness, resource_status
from senlin_operator.kinds.cluster.steps import Check, Claim, Delete, Resize
from senlin_operator.kinds.shared import bindings
from senlin_operator.kinds.shared.fields import describe, from_observed
from senlin_operator.kube.objects import CLUSTER_LABEL, Key, Resource, label_value
from senlin_operator.model import kind
from senlin_operator.model.kind import Kind
from senlin_operator.model.step import Step


class Checks(kind.Checks[Desired, Observed]):
    """A check of the cluster checks all of its nodes."""

    def step(self, observed: Observed) -> Step:
        return Check(observed.id)

    def interval(self, desired: Desired) -> float | None:
        return desired.remediation.check_interval


class Bindings(kind.Details[Desired, Observed]):
    """The bindings of a cluster: the list of clusters shows only their ids."""

    def version(self, desired: Desired, observed: Observed) -> tuple[str, ...] | None:
        """Return the ids of the bindings; None: neither the plan nor the status needs them."""
        needed = desired.remediation.recover or desired.profile_id != observed.profile_id
        bound = needed and observed.binding_ids
        return observed.binding_ids if desired.policies is not None or bound else None

    def fetch(self, proxy: Proxy, id_: str) -> tuple[bindings.Binding, ...]:
        return bindings.fetch(proxy, id_)

    def add(self, observed: Observed, facts: Any) -> Observed:
        return replace(observed, policies=facts)


class Schemas(kind.Schemas[Desired, Observed]):
    """The schema of the profile's type, for a change of profile in place."""

    def profile_type(self, desired: Desired, observed: Observed) -> str | None:
        changes = changes_in_place(desired, observed)
        return changes[0].wanted.type_name if changes else None

    def add(self, observed: Observed, schema: Mapping[str, Any]) -> Observed:
        return replace(observed, schema=schema)


class Members(kind.Members[Observed]):
    """The nodes of SenlinNodes."""

    type_ = Node

    def owner_uids(self, observed: Observed | None) -> Iterable[str]:
        return observed.members_by_owner if observed else ()

    def vacate(self, observed: Observed) -> list[Step]:
        """Return a resize to min_size 0 and the number of nodes, if one of them differs.

        Senlin lets no node leave if min_size is the number of nodes, or its record of that number,
        which an engine that died may have left too low.
        """
        if observed.min_size == 0 and observed.desired_capacity >= observed.nodes:
            return []
        summary = describe(
            {
                "minSize": (observed.min_size, 0),
                "desiredCapacity": (observed.desired_capacity, observed.nodes),
            }
        )
        return [Resize(observed.id, observed.nodes, 0, -1, summary)]

    def moving(self, desired: Desired) -> bool:
        return bool(desired.leaving)


class ClusterKind(Kind[Desired, Observed]):
    """All requests for a cluster start an action."""

    def __init__(self, *, repaired: bool = False) -> None:
        self._repaired = repaired

    name = "SenlinCluster"
    plural = "senlinclusters"
    short_name = "scl"
    resource_type = Cluster

    checks = Checks()
    details = Bindings()
    schemas = Schemas()
    members = Members()
    dependents = Dependents()

    observe = staticmethod(observe)
    references = staticmethod(references)
    plan = staticmethod(plan)
    readiness = staticmethod(readiness)
    resource_status = staticmethod(resource_status)
    conditions = staticmethod(conditions)

    def desired(self, resource: Resource, known: Mapping[Key, Resource]) -> Desired:
        return replace(desired(resource, known), repaired=self._repaired)

    def list_objects(self, proxy: Proxy) -> Iterable[Cluster]:
        return proxy.clusters()

    def get_object(self, proxy: Proxy, id_: str) -> Cluster:
        return proxy.get_cluster(id_)

    def pod_selector(self, resource: Resource) -> str:
        return f"{CLUSTER_LABEL}={label_value(resource)}"

    def nodes(self, resource: Resource) -> Mapping[str, int]:
        return nodes(resource)

    def first_size(self, resource: Resource) -> int | None:
        return first_size(resource)

    def desired_from(self, observed: Observed) -> Desired:
        return Desired(
            **from_observed(observed),
            min_size=observed.min_size,
            desired_capacity=observed.desired_capacity,
        )

    def delete(self, observed: Observed, *, force: bool) -> Step:
        return Delete(observed.id, force)

    def claim(self, id_: str, what: str, taken_from: str | None) -> Step:
        return Claim(id_, what, taken_from)

    def unclaimable(self, observed: Observed) -> str:
        return "Senlin changes no cluster in ERROR" if observed.status == "ERROR" else ""
