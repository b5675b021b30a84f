"""What a cluster makes in Kubernetes: the profile of its template, and mirrors of its members.

An inline `profile` becomes a SenlinProfile named after its content, as a Deployment's template does
a ReplicaSet: another content is another profile, and the old one goes once nothing is made of it.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from senlin_operator.engine.kind import Child, Children
from senlin_operator.kinds.cluster_observed import Observed
from senlin_operator.kube.objects import Resource

_NAME = 200  # characters of the cluster's name in those of its children
_HASH = 10
_SHORT_ID = 13  # the first two groups of a UUID: enough to tell the nodes of one cluster apart


def name_of(resource: Resource) -> str:
    """Return the name of the SenlinProfile that the cluster's inline profile becomes."""
    content = json.dumps(resource.spec["resource"]["profile"], sort_keys=True)
    digest = hashlib.sha256(content.encode()).hexdigest()[:_HASH]
    return f"{resource.key.name[:_NAME]}-{digest}"


def _wanted(resource: Resource, seen: Observed | None) -> list[Child]:
    wanted, children = resource.spec["resource"], []
    if "profile" in wanted:
        spec = {**_common(resource), "managedOptions": resource.spec["managedOptions"]}
        spec["resource"] = wanted["profile"]
        children.append(Child("SenlinProfile", name_of(resource), spec))
    if seen is not None and wanted.get("members") == "Mirror":
        children += [_mirror(resource, id_) for id_ in seen.undeclared]
    return children


def _mirror(resource: Resource, id_: str) -> Child:
    name = f"{resource.key.name[:_NAME]}-{id_[:_SHORT_ID]}"
    spec = {**_common(resource), "managementPolicy": "unmanaged", "import": {"id": id_}}
    return Child("SenlinNode", name, spec)


def _common(resource: Resource) -> dict[str, Any]:
    same: Mapping[str, Any] = resource.spec
    return {name: same[name] for name in ("cloudCredentialsRef", "resyncPeriod") if name in same}


def _needed(child: Resource, seen: Observed | None) -> bool:
    """Return whether nodes are still made of a profile that is wanted no more."""
    return seen is not None and child.cloud_id in seen.profiles


CHILDREN: Children[Observed] = Children(wanted=_wanted, needed=_needed)
