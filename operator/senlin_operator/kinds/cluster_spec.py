"""What a cluster should be, read out of its manifest and the objects around it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from senlin_operator.kinds import remediation, template
from senlin_operator.kinds.bindings import Binding
from senlin_operator.kinds.remediation import Remediation
from senlin_operator.kube.objects import Key, Resource

_CONFIG = {
    "nodeNameFormat": "node.name.format",
    "stopTimeoutBeforeUpdateSeconds": "cluster.stop_timeout_before_update",
    "stopNodeBeforeDelete": "cluster.stop_node_before_delete",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What the cluster should be; every reference is an id by now."""

    name: str
    profile_id: str
    min_size: int = 0
    max_size: int = -1  # no limit
    desired: int = 0
    fixed_size: bool = True  # False: it counts at the creation, then Senlin's policies own it
    timeout: int = 3600  # seconds
    metadata: Mapping[str, str] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    policies: tuple[Binding, ...] | None = None  # None: somebody else's business
    remediation: Remediation = field(default_factory=Remediation)
    declared: Mapping[str, str] = field(default_factory=dict)  # SenlinNodes: uid to name
    leaving: frozenset[str] = frozenset()  # the uids of those that should be no members (any more)


def references(resource: Resource) -> tuple[Key, ...]:
    """Return whom the manifest refers to."""
    return () if resource.unmanaged else (_profile(resource), *_policies(resource))


def spec(resource: Resource, known: Mapping[Key, Resource]) -> Spec:
    """Return what the manifest says."""
    wanted = resource.spec["resource"]
    config = wanted.get("config", {})
    nodes = [it for it in known.values() if it.key.kind == "SenlinNode" and not it.unmanaged]
    declared = {node.uid: node.key.name for node in nodes if _belongs(node, resource)}
    return Spec(
        name=wanted.get("name", resource.key.name),
        profile_id=_id(known[_profile(resource)]),
        min_size=wanted["minSize"],
        max_size=wanted["maxSize"],
        desired=wanted.get("desiredCapacity", wanted["minSize"]),
        fixed_size=wanted["capacityOwner"] == "Spec",
        timeout=wanted["timeoutSeconds"],
        metadata=wanted.get("metadata", {}),
        policies=_wanted_policies(resource, known),
        config={theirs: config[ours] for ours, theirs in _CONFIG.items() if ours in config},
        remediation=remediation.read(wanted.get("remediation", {})),
        declared=declared,
        leaving=frozenset(node.uid for node in nodes) - declared.keys(),
    )


def _belongs(node: Resource, cluster: Resource) -> bool:
    """Return whether a SenlinNode declares itself a member."""
    reference = node.spec["resource"].get("clusterRef", {})
    return reference.get("name") == cluster.key.name and not node.deleting


def _profile(resource: Resource) -> Key:
    wanted = resource.spec["resource"]
    name = wanted["profileRef"]["name"] if "profileRef" in wanted else template.name_of(resource)
    return Key("SenlinProfile", resource.key.namespace, name)


def _policies(resource: Resource) -> tuple[Key, ...]:
    wanted: Iterable[Mapping[str, Any]] = resource.spec["resource"].get("policies", ())
    names = [policy["policyRef"]["name"] for policy in wanted]
    return tuple(Key("SenlinPolicy", resource.key.namespace, name) for name in names)


def _wanted_policies(
    resource: Resource, known: Mapping[Key, Resource]
) -> tuple[Binding, ...] | None:
    wanted = resource.spec["resource"].get("policies")
    if wanted is None:
        return None
    return tuple(
        Binding(_id(known[key]), key.name, policy["enabled"], _type(known[key]))
        for key, policy in zip(_policies(resource), wanted, strict=True)
    )


def _type(policy: Resource) -> str:
    shown = policy.status.get("resource") or {}
    return f"{shown.get('type')}-{shown.get('version')}"


def _id(referred: Resource) -> str:
    """Return its id; what has none is waited for before."""
    return str(referred.cloud_id)
