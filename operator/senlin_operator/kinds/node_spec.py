"""What a node should be, read out of its manifest and the objects around it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from senlin_operator.kinds import remediation
from senlin_operator.kinds.remediation import Remediation
from senlin_operator.kube.objects import Key, Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """A server (or stack) that is there already and becomes the node."""

    identity: str
    type: str
    overrides: Mapping[str, Any] = field(default_factory=dict)
    snapshot: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What the node should be; every reference is an id by now."""

    name: str
    profile_id: str = ""  # none: Senlin makes it of what it adopts
    adoption: Adoption | None = None
    cluster_id: str = ""  # none: it stands alone
    role: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    tainted: bool = False
    remediation: Remediation = field(default_factory=Remediation)


def references(resource: Resource) -> tuple[Key, ...]:
    """Return whom the manifest refers to."""
    if resource.unmanaged:
        return ()
    referred = (_refers(resource, "SenlinProfile"), _refers(resource, "SenlinCluster"))
    return tuple(key for key in referred if key)


def spec(resource: Resource, known: Mapping[Key, Resource]) -> Spec:
    """Return what the manifest says."""
    wanted = resource.spec["resource"]
    profile, cluster = _refers(resource, "SenlinProfile"), _refers(resource, "SenlinCluster")
    return Spec(
        name=wanted.get("name", resource.key.name),
        profile_id=str(known[profile].cloud_id) if profile else "",
        adoption=Adoption(**wanted["adopt"]) if "adopt" in wanted else None,
        cluster_id=str(known[cluster].cloud_id) if cluster else "",
        role=wanted.get("role", ""),
        metadata=wanted.get("metadata", {}),
        tainted=wanted["tainted"],
        remediation=remediation.read(wanted.get("remediation", {})),
    )


_FIELDS = {"SenlinProfile": "profileRef", "SenlinCluster": "clusterRef"}


def _refers(resource: Resource, kind: str) -> Key | None:
    reference = resource.spec["resource"].get(_FIELDS[kind])
    return Key(kind, resource.key.namespace, reference["name"]) if reference else None
