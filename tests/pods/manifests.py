"""Pods of the operator's image that `restricted` pod security lets pass."""

from typing import Any

from deploy.image.archive import REFERENCE


def pod_spec(container: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [
            {
                "name": "main",
                "image": REFERENCE,
                "imagePullPolicy": "Never",
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "capabilities": {"drop": ["ALL"]},
                    "readOnlyRootFilesystem": True,
                },
                "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
            }
            | container
        ],
        "volumes": [{"name": "tmp", "emptyDir": {}}],
        **fields,
    }


def python_pod(name: str, code: str, **container: Any) -> dict[str, Any]:
    """Return a pod that runs some Python, once."""
    program = {"command": ["python3.11", "-c", code], **container}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": pod_spec(program, restartPolicy="Never", terminationGracePeriodSeconds=0),
    }
