"""The rights of the operator, as its kustomization and its chart give them."""

import base64
import json
from pathlib import Path
from typing import Any

import yaml

from sandbox import Sandbox
from tests.operator.tenant import ticks

NAME = "operator"
_DEPLOY = Path(__file__).parents[2] / "deploy"
_RBAC = _DEPLOY / "kustomize" / "base" / "rbac.yaml"
_CHART = _DEPLOY / "helm" / "senlin-operator"


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


def metrics_reader(sandbox: Sandbox, namespace: str) -> None:
    """Make the account with which the chart has Prometheus read the metrics, and what it needs."""
    parts = ("metrics-rbac", "servicemonitor")
    only = [f"--show-only=templates/{part}.yaml" for part in parts]
    values = {
        "fullnameOverride": namespace,
        "watchNamespaces": [namespace],
        "serviceMonitor": {"enabled": True},
    }
    chart = ["template", NAME, str(_CHART), f"--namespace={namespace}", "--values=-", *only]
    text = sandbox.helm(*chart, input=json.dumps(values))
    kept = [it for it in yaml.safe_load_all(text) if it["kind"] != "ServiceMonitor"]
    sandbox.kubectl("apply", "--filename=-", input=yaml.safe_dump_all(kept))


def metrics_token(sandbox: Sandbox, namespace: str) -> str:
    """Return the token of that account, once Kubernetes has put it into its Secret."""
    path = f"/api/v1/namespaces/{namespace}/secrets/{namespace}-metrics-reader"
    for _ in ticks(20):
        if data := sandbox.kubernetes.call("GET", path).get("data"):
            return base64.b64decode(data["token"]).decode()
    raise AssertionError("Kubernetes has made no token.")


def token_of(sandbox: Sandbox, namespace: str, account: str) -> str:
    """Return a token of a ServiceAccount."""
    return sandbox.kubectl("create", "token", account, f"--namespace={namespace}").strip()
