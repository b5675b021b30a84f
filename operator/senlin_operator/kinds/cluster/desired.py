"""The desired state of a cluster, read out of its manifest, its references and its members."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from senlin_operator.kinds.cluster.fields import Fields
from senlin_operator.kinds.cluster.template import profile_name
from senlin_operator.kinds.shared import remediation
from senlin_operator.kinds.shared.bindings import Binding
from senlin_operator.kinds.shared.fields import from_manifest
from senlin_operator.kinds.shared.in_place import Content, wanted_content
from senlin_operator.kinds.shared.remediation import Remediation
from senlin_operator.kube.objects import Key, Resource

NODE_NAME_FORMAT = "node.name.format"  # a key in Senlin's `config`
_NAME_OF_NODES = 246  # characters; with a hyphen and 8 random ones 255, as Senlin and Nova take
CONFIG = {  # field of `config` in the manifest to the key in Senlin
    "nodeNameFormat": NODE_NAME_FORMAT,
    "stopTimeoutBeforeUpdateSeconds": "cluster.stop_timeout_before_update",
    "stopNodeBeforeDelete": "cluster.stop_node_before_delete",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Desired(Fields):
    """The plain fields, and fields with a plan of their own; references are ids by now."""

    min_size: int = 0
    max_size: int = -1  # no limit
    desired_capacity: int = 0
    fixed_size: bool = True  # False: desired_capacity counts only at the creation
    beyond_limits: int | None = None  # the desiredCapacity of the manifest, if a limit counts
    unused_size: int | None = None  # the desiredCapacity of the manifest, if Senlin owns the size
    default_names: bool = False  # whether the format of the nodes' names is not from the manifest
    policies: tuple[Binding, ...] | None = None  # None: not managed by the operator
    remediation: Remediation = field(default_factory=Remediation)
    declared: Mapping[str, str] = field(default_factory=dict)  # SenlinNodes: uid to name
    leaving: frozenset[str] = frozenset()  # uids of SenlinNodes that should not be members
    profile: Content | None = None  # None: of an unmanaged profile, which only Senlin has
    replaces: bool = False  # replace nodes for a change of profile; False: change them in place
    repaired: bool = True  # whether this Senlin can rebuild servers


def references(resource: Resource) -> tuple[Key, ...]:
    """Return the profile and the policies of the manifest."""
    return () if resource.unmanaged else (_profile(resource), *_policies(resource))


def desired(resource: Resource, known: Mapping[Key, Resource]) -> Desired:
    """Return the desired state.

    Args:
        resource: The SenlinCluster.
        known: The references by key; the SenlinNodes that refer to the SenlinCluster, and those
            whose nodes are members of the cluster.
    """
    wanted = resource.spec["resource"]
    plain = from_manifest(Desired, resource)
    config = {"nodeNameFormat": f"{plain['name'][:_NAME_OF_NODES]}-$8R"} | wanted.get("config", {})
    asked = wanted.get("desiredCapacity", wanted["minSize"])
    size = _within_limits(asked, wanted)
    fixed = wanted["capacityOwner"] != "Senlin"
    others = known.values()
    nodes = [other for other in others if other.key.kind == "SenlinNode" and not other.unmanaged]
    declared = {node.uid: node.key.name for node in nodes if _is_member(node, resource)}
    return Desired(
        **plain,
        profile_id=_id(known[_profile(resource)]),
        profile=wanted_content(known[_profile(resource)]),
        replaces=wanted.get("strategy", {}).get("type") == "Replace",
        config={key: config[field_] for field_, key in CONFIG.items() if field_ in config},
        default_names="nodeNameFormat" not in wanted.get("config", {}),
        min_size=wanted["minSize"],
        max_size=wanted["maxSize"],
        desired_capacity=size,
        beyond_limits=asked if asked != size else None,
        fixed_size=fixed,
        unused_size=None if fixed else wanted.get("desiredCapacity"),
        policies=_desired_policies(resource, known),
        remediation=remediation.read(wanted.get("remediation", {})),
        declared=declared,
        leaving=frozenset(node.uid for node in nodes) - declared.keys(),
    )


def first_size(resource: Resource) -> int | None:
    """Return the value for a desiredCapacity that an autoscaler shall write; None: it has one."""
    wanted = resource.spec["resource"]
    if wanted["capacityOwner"] != "Autoscaler" or "desiredCapacity" in wanted:
        return None
    return max(int(wanted["minSize"]), 1)  # an autoscaler takes 0 for "do not scale"


def _within_limits(size: int, wanted: Mapping[str, Any]) -> int:
    upper = wanted["maxSize"] if wanted["maxSize"] >= 0 else size
    return max(int(wanted["minSize"]), min(size, int(upper)))


def _is_member(node: Resource, cluster: Resource) -> bool:
    """Return whether a SenlinNode declares itself a member.

    One that has yet to take over its node needs no room: that node may be a member already.
    """
    if "import" in node.spec and node.cloud_id is None:
        return False
    if node.key.namespace != cluster.key.namespace:
        return False
    reference = node.spec["resource"].get("clusterRef", {})
    return reference.get("name") == cluster.key.name and not node.deleting


def _profile(resource: Resource) -> Key:
    wanted = resource.spec["resource"]
    name = wanted["profileRef"]["name"] if "profileRef" in wanted else profile_name(resource)
    return Key("SenlinProfile", resource.key.namespace, name)


def _policies(resource: Resource) -> tuple[Key, ...]:
    wanted: Iterable[Mapping[str, Any]] = resource.spec["resource"].get("policies", ())
    names = [policy["policyRef"]["name"] for policy in wanted]
    return tuple(Key("SenlinPolicy", resource.key.namespace, name) for name in names)


def _desired_policies(
    resource: Resource, known: Mapping[Key, Resource]
) -> tuple[Binding, ...] | None:
    wanted = resource.spec["resource"].get("policies")
    if wanted is None:
        return None
    return tuple(
        Binding(_id(known[key]), key.name, policy.get("enabled", True), _type(known[key]))
        for key, policy in zip(_policies(resource), wanted, strict=True)
    )


def _type(policy: Resource) -> str:
    status = policy.status.get("resource") or {}
    return f"{status.get('type')}-{status.get('version')}"


def _id(referred: Resource) -> str:
    """Return the cloud id of a reference; the reconcile has waited until it has one."""
    return str(referred.cloud_id)
