"""What tools find that apply the same manifests again and again, as those of GitOps do."""

import json
from collections.abc import Callable
from typing import Any

Kubectl = Callable[..., str]  # of one namespace
Document = dict[str, Any]


def hold_unchanged(kubectl: Kubectl, manifests: str) -> None:
    """Apply twice what has been applied, as kubectl and the three-way diff of Argo CD do."""
    for _ in range(2):
        lines = kubectl("apply", "-f", "-", input=manifests).splitlines()
        changed = [line for line in lines if not line.endswith(" unchanged")]
        assert not changed, changed
    kubectl("diff", "-f", "-", input=manifests)  # fails if anything differs


def hold_unchanged_server_side(kubectl: Kubectl, manifests: str, manager: str) -> None:
    """Apply three times as a field manager, which meets no conflict and changes nothing."""
    options = ("--server-side", f"--field-manager={manager}", "-f", "-")
    first, second, third = (
        json.loads(kubectl("apply", *options, "--output=json", input=manifests))["items"]
        for _ in range(3)
    )
    for before, after in zip(first + second, second + third, strict=True):
        assert applied(before) == applied(after), (before, after)
    kubectl("diff", *options, input=manifests)


def applied(document: Document) -> Document:
    """Return an object without what controllers write by themselves."""
    metadata = {k: v for k, v in document["metadata"].items() if k != "resourceVersion"}
    return {**document, "metadata": metadata, "status": None}
