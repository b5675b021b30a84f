"""The rights of the operator, as the README has them."""

from typing import Any

NAME = "operator"
RULES = [
    {
        "apiGroups": ["senlin.openstack.org"],
        "resources": ["senlinclusters", "senlinnodes", "senlinpolicies", "senlinprofiles"],
        "verbs": ["get", "list", "watch", "patch"],
    },
    {
        "apiGroups": ["senlin.openstack.org"],
        "resources": [
            "senlinclusters/status",
            "senlinnodes/status",
            "senlinpolicies/status",
            "senlinprofiles/status",
        ],
        "verbs": ["patch"],
    },
    {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list", "watch", "patch"]},
    {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create"]},
]


def operator_account(namespace: str) -> list[dict[str, Any]]:
    """Return a ServiceAccount that has the operator's rights in its own namespace."""
    rbac = "rbac.authorization.k8s.io"
    account = {"kind": "ServiceAccount", "name": NAME, "namespace": namespace}
    metadata = {"name": NAME}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata},
        {"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": metadata, "rules": RULES},
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": rbac, "kind": "Role", "name": NAME},
            "subjects": [account],
        },
    ]
