"""The Kubernetes objects that a cluster owns: its inline profile, and mirrors of its members."""

from collections.abc import Mapping
from typing import Any

from senlin_operator.kinds.cluster.observed import Observed
from senlin_operator.kinds.cluster.template import profile_name
from senlin_operator.kube.objects import (
    CLUSTER_LABEL,
    NODE_LABEL,
    Resource,
    beginning,
    is_label_value,
    label_value,
)
from senlin_operator.model import kind
from senlin_operator.model.kind import Dependent

_SHORT_ID = 13  # the first two groups of a UUID, which differ among the nodes of one cluster


class Dependents(kind.Dependents[Observed]):
    """An inline profile is replaced as a ReplicaSet is: the old one is deleted once unused."""

    kinds = frozenset(["SenlinProfile", "SenlinNode"])

    def desired(self, resource: Resource, observed: Observed | None) -> list[Dependent]:
        """Return the SenlinProfile of an inline profile, and a SenlinNode a mirrored node."""
        wanted = resource.spec["resource"]
        dependents = []
        if "profile" in wanted:
            options = {"managedOptions": resource.spec["managedOptions"]}
            spec = {**_common(resource), **options, "resource": wanted["profile"]}
            name, labels = profile_name(resource), _labels(resource)
            dependents.append(Dependent("SenlinProfile", name, {"spec": spec}, labels=labels))
        if observed is not None and wanted.get("members") == "Mirror":
            names = observed.names
            dependents += [
                _mirror(resource, id_, names.get(id_, "")) for id_ in observed.undeclared
            ]
        return dependents

    def in_use(self, dependent: Resource, observed: Observed | None) -> bool:
        """Return whether the cluster or one of its nodes still has the profile."""
        return observed is not None and dependent.cloud_id in observed.profiles


def _mirror(resource: Resource, id_: str, node_name: str) -> Dependent:
    name = f"{beginning(resource.key.name)}-{id_[:_SHORT_ID]}"
    spec = {**_common(resource), "managementPolicy": "unmanaged", "import": {"id": id_}}
    labels = _labels(resource) | ({NODE_LABEL: node_name} if is_label_value(node_name) else {})
    return Dependent("SenlinNode", name, {"spec": spec}, labels=labels)


def _labels(resource: Resource) -> dict[str, str]:
    return {CLUSTER_LABEL: label_value(resource)}


def _common(resource: Resource) -> dict[str, Any]:
    """Return the fields of the spec that a cluster passes on to its dependents."""
    spec: Mapping[str, Any] = resource.spec
    return {name: spec[name] for name in ("cloudCredentialsRef", "resyncPeriod") if name in spec}
