"""The manifests for a project: pure functions.

What no manifest can say, because the schema refuses it or nothing would keep it, becomes a resource
that is only shown (`managementPolicy: unmanaged`), with a note that says why.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from openstack_clustering import Cluster, Node, Policy, Profile, Receiver, Resource
from senlin_operator.cloud.documents import Spec, spec_of
from senlin_operator.export.names import names_for
from senlin_operator.export.project import Project
from senlin_operator.kinds.cluster.desired import CONFIG
from senlin_operator.kube.objects import GROUP, VERSION
from senlin_operator.model.ownership import (
    IN_METADATA,
    IN_NAME,
    is_marker,
    without_markers,
    without_suffix,
)

_NAME = re.compile(r"[A-Za-z0-9一-龥._~-]+")  # as in the schema
_NOBODY = "."  # no uid: whose marker a name has does not matter
_LONGEST_NAME, _LONGEST_OWNED_NAME = 255, 200  # characters; the marker takes the rest
_LONGEST_VALUE = 4096  # characters of a value in metadata
_LARGEST_SIZE = 1000  # nodes of a cluster
_SCALING = ("CLUSTER_SCALE_IN", "CLUSTER_SCALE_OUT", "CLUSTER_RESIZE")
# Properties that Senlin does without, and the schema does not, by the type of the spec.
_NEEDED = {
    "os.nova.server": ("networks",),
    "senlin.policy.scaling": ("adjustment",),
    "senlin.policy.affinity": ("servergroup",),
    "senlin.policy.region_placement": ("regions",),
    "senlin.policy.zone_placement": ("zones",),
    "senlin.policy.loadbalance": ("pool", "vip"),
}


class Options(NamedTuple):
    """What the manifests have that is not in Senlin."""

    secret_name: str
    cloud_name: str
    namespace: str | None = None  # None: none is written
    managed: bool = True


class Manifest(NamedTuple):
    """A manifest, and what to say about it."""

    kind: str
    name: str
    document: Mapping[str, Any]
    notes: tuple[str, ...] = ()


class _Export:
    def __init__(self, project: Project, options: Options) -> None:
        self._project = project
        self._options = options
        self._profiles = names_for(project.profiles, "profile")
        self._policies = names_for(map(_as_users_know, project.policies), "policy")
        self._clusters = names_for(project.clusters, "cluster")
        self._alone = [it for it in project.nodes if not it.cluster_id]
        self._nodes = names_for(self._alone, "node")
        self._receivers = names_for(map(_as_users_know, project.receivers), "receiver")
        self._namesakes = Counter(it.name for it in project.receivers)
        # Something in Senlin changes the size of these, so that no manifest should.
        self._scaled = {it.cluster_id for it in project.receivers if it.action in _SCALING}

    def manifests(self) -> Iterator[Manifest]:
        """Yield a manifest for each object; what others refer to comes first."""
        for profile in self._project.profiles:
            yield self._profile(profile)
        for policy in self._project.policies:
            yield self._policy(policy)
        for cluster in self._project.clusters:
            yield self._cluster(cluster)
        for node in self._alone:
            yield self._node(node)
        for receiver in self._project.receivers:
            yield self._receiver(receiver)

    def _profile(self, profile: Profile) -> Manifest:
        spec, name = spec_of(profile), self._profiles[profile.id]
        resource = _named(name, profile.name) | spec._asdict() | _metadata(profile)
        problems = [*_odd_name(profile.name), *_odd_metadata(profile), *_odd_spec(spec)]
        return self._manifest("SenlinProfile", name, profile, resource, problems)

    def _policy(self, policy: Policy) -> Manifest:
        spec, name, in_senlin = (
            spec_of(policy),
            self._policies[policy.id],
            _as_users_know(policy).name,
        )
        resource = _named(name, in_senlin) | spec._asdict()
        problems = [*_odd_name(in_senlin, _LONGEST_OWNED_NAME), *_odd_spec(spec)]
        return self._manifest("SenlinPolicy", name, policy, resource, problems)

    def _cluster(self, cluster: Cluster) -> Manifest:
        name = self._clusters[cluster.id]
        own = cluster.id in self._scaled
        config = {key: field for field, key in CONFIG.items()}
        resource = {
            **_named(name, cluster.name),
            "profileRef": {"name": self._profiles.get(cluster.profile_id, "")},
            "minSize": cluster.min_size,
            "maxSize": cluster.max_size,
            **({"capacityOwner": "Senlin"} if own else {}),
            **({} if own else {"desiredCapacity": cluster.desired_capacity}),
            "timeoutSeconds": cluster.timeout,
            **_metadata(cluster),
            **_filled("config", {config[k]: v for k, v in cluster.config.items() if k in config}),
            **_filled("policies", [*self._bound(cluster)]),
        }
        unknown = sorted(cluster.config.keys() - config.keys())
        largest = max(cluster.min_size, cluster.max_size, cluster.desired_capacity)
        problems = [
            *_odd_name(cluster.name),
            *_odd_metadata(cluster),
            *self._without_profile(cluster),
            *([f"config has {', '.join(unknown)}"] if unknown else []),
            *([f"it has a size beyond {_LARGEST_SIZE}"] if largest > _LARGEST_SIZE else []),
        ]
        return self._manifest("SenlinCluster", name, cluster, resource, problems)

    def _bound(self, cluster: Cluster) -> Iterator[Mapping[str, Any]]:
        for binding in self._project.bindings.get(cluster.id, ()):
            reference = {"policyRef": {"name": self._policies[binding.policy_id]}}
            yield reference if binding.enabled else {**reference, "enabled": False}

    def _node(self, node: Node) -> Manifest:
        name = self._nodes[node.id]
        resource = {
            **_named(name, node.name),
            "profileRef": {"name": self._profiles.get(node.profile_id, "")},
            **_filled("role", node.role),
            **_metadata(node),
            **({"tainted": True} if node.tainted else {}),
        }
        problems = [
            *_odd_name(node.name),
            *_odd_metadata(node),
            *self._without_profile(node),
        ]
        return self._manifest("SenlinNode", name, node, resource, problems)

    def _without_profile(self, item: Cluster | Node) -> list[str]:
        return [] if item.profile_id in self._profiles else ["its profile is not in the project"]

    def _receiver(self, receiver: Receiver) -> Manifest:
        name, in_senlin = self._receivers[receiver.id], _as_users_know(receiver).name
        webhook = receiver.type == "webhook"
        cluster = self._clusters.get(receiver.cluster_id or "", "")
        of_webhook = {
            "clusterRef": {"name": cluster},
            "action": receiver.action,
            **_filled("params", receiver.params),
        }
        resource = {
            **_named(name, in_senlin),
            "type": receiver.type,
            **(of_webhook if webhook else {}),
        }
        number = self._namesakes[receiver.name]
        problems = [
            *_odd_name(in_senlin, _LONGEST_OWNED_NAME),
            *(["its cluster is not in the project"] if webhook and not cluster else []),
        ]
        manifest = self._manifest("SenlinReceiver", name, receiver, resource, problems)
        if number > 1:  # an id would give the URL away, so a receiver has a name alone
            text = f"{number} receivers have this name: rename them, so that it fits one"
            return manifest._replace(notes=(*manifest.notes, text))
        return manifest

    def _manifest(
        self,
        kind: str,
        name: str,
        item: Resource,
        resource: Mapping[str, Any],
        problems: Iterable[str],
    ) -> Manifest:
        problems = list(problems)
        managed = self._options.managed and not problems
        by_name = isinstance(item, Receiver)
        which: Mapping[str, Any] = (
            {"filter": {"name": item["name"]}} if by_name else {"id": item.id}
        )
        spec = {
            "cloudCredentialsRef": {
                "secretName": self._options.secret_name,
                "cloudName": self._options.cloud_name,
            },
            "managementPolicy": "managed" if managed else "unmanaged",
            "import": which,
            # Whoever deletes the manifest by mistake keeps the servers.
            **({"managedOptions": {"onDelete": "detach"}, "resource": resource} if managed else {}),
        }
        namespace = {"namespace": self._options.namespace} if self._options.namespace else {}
        document = {
            "apiVersion": f"{GROUP}/{VERSION}",
            "kind": kind,
            "metadata": {"name": name, **namespace},
            "spec": spec,
        }
        shown = [f"only shown: {'; '.join(problems)}"] if problems and self._options.managed else []
        return Manifest(kind, name, document, (*shown, *_owned(item)))


def manifests(project: Project, options: Options) -> list[Manifest]:
    """Return a manifest for each object of a project; what others refer to comes first.

    Nodes that are members of a cluster have none: the cluster makes them.
    """
    return list(_Export(project, options).manifests())


def _as_users_know(item: Any) -> Any:
    """Return a policy or receiver with the name that it would have without an owner's marker."""
    return type(item)({**item, "name": without_suffix(str(item["name"]), _NOBODY)})


def _owned(item: Resource) -> list[str]:
    marker = (IN_NAME if isinstance(item, Policy | Receiver) else IN_METADATA).read(item)
    if marker is None or not is_marker(marker):
        return []
    text = f"it has the marker of a resource with the uid {marker.uid}: docs/adoption.md says more"
    return [text]


def _named(name: str, in_senlin: str) -> dict[str, Any]:
    return {} if name == in_senlin else {"name": in_senlin}


def _filled(field: str, value: Any) -> dict[str, Any]:
    return {field: value} if value else {}


def _metadata(item: Profile | Cluster | Node) -> dict[str, Any]:
    return _filled("metadata", without_markers(item.metadata or {}))


def _odd_name(name: str, longest: int = _LONGEST_NAME) -> list[str]:
    if len(name) > longest:
        return [f"its name has more than {longest} characters"]
    return [] if _NAME.fullmatch(name) else ["its name has characters that Senlin does not take"]


def _odd_metadata(item: Profile | Cluster | Node) -> list[str]:
    values = without_markers(item.metadata or {}).items()
    odd = sorted(k for k, v in values if not isinstance(v, str) or len(v) > _LONGEST_VALUE)
    return [f"metadata has values that are no text, or too long: {', '.join(odd)}"] if odd else []


def _odd_spec(spec: Spec) -> list[str]:
    missing = [it for it in _NEEDED.get(spec.type, ()) if it not in spec.properties]
    return [f"its properties lack {', '.join(missing)}"] if missing else []
