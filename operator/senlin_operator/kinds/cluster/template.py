"""The name of the SenlinProfile that a cluster's inline profile becomes.

The name contains a hash of the content, as that of a Deployment's ReplicaSet does: each change of
the content makes a new SenlinProfile.
"""

import hashlib
import json

from senlin_operator.kube.objects import Resource, beginning

_HASH = 10  # characters


def profile_name(resource: Resource) -> str:
    """Return the name of the SenlinProfile for the cluster's current inline profile."""
    content = json.dumps(resource.spec["resource"]["profile"], sort_keys=True)
    digest = hashlib.sha256(content.encode()).hexdigest()[:_HASH]
    return f"{beginning(resource.key.name)}-{digest}"
