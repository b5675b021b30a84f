"""The rights of the operator, as its kustomization and its chart give them."""

from pathlib import Path
from typing import Any

import yaml

from sandbox import Sandbox

NAME = "operator"
_RBAC = Path(__file__).parents[2] / "deploy" / "kustomize" / "base" / "rbac.yaml"


def operator_account(namespace: str) -> list[dict[str, Any]]:
    """Return a ServiceAccount that has the operator's rights in its own namespace."""
    rbac = "rbac.authorization.k8s.io"
    [rules] = [
        document["rules"]
        for document in yaml.safe_load_all(_RBAC.read_text())
        if document["kind"] == "ClusterRole"
    ]
    account = {"kind": "ServiceAccount", "name": NAME, "namespace": namespace}
    metadata = {"name": NAME}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata},
        {"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": metadata, "rules": rules},
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": rbac, "kind": "Role", "name": NAME},
            "subjects": [account],
        },
    ]


def token_of(sandbox: Sandbox, namespace: str, account: str) -> str:
    """Return a token of a ServiceAccount."""
    return sandbox.kubectl("create", "token", account, f"--namespace={namespace}").strip()
