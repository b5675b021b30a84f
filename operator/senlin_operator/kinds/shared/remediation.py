"""The recovery of nodes that were built and do not work any more."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from senlin_operator.kinds.shared import bindings
from senlin_operator.kinds.shared.bindings import Binding
from senlin_operator.kube.duration import parse_duration

RECREATE, REBUILD = "RECREATE", "REBUILD"
_HEALTH = "senlin.policy.health"


@dataclass(frozen=True, slots=True)
class Remediation:
    """The remediation of a manifest: whether to recover nodes, how, and how often to check them."""

    recover: bool = False  # False: they are reported only
    operation: str = RECREATE  # or REBUILD, REBOOT
    max_unhealthy: str = "100%"  # a number or a share of all nodes; above it, a person decides
    check_interval: float | None = None  # seconds between checks; None: no checks

    @property
    def rebuilds(self) -> bool:
        """Return whether it recovers nodes by REBUILD."""
        return self.recover and self.operation == REBUILD

    def allows(self, unhealthy: int, nodes: int) -> bool:
        """Return whether few enough nodes are unhealthy that they, not the cloud, are at fault."""
        if self.max_unhealthy.endswith("%"):
            return unhealthy * 100 <= int(self.max_unhealthy[:-1]) * nodes
        return unhealthy <= int(self.max_unhealthy)


def parameters(operation: str) -> dict[str, Any]:
    """Return the body of a recovery request.

    Without operation_params, which may be empty, the recovery of a cluster by REBUILD fails in
    Senlin 16.
    """
    return {"operation": operation, "operation_params": {}}


def read(wanted: Mapping[str, Any]) -> Remediation:
    """Return the value of `remediation` in a manifest."""
    if not wanted:
        return Remediation()
    return Remediation(
        recover=wanted["mode"] == "Recover",
        operation=wanted.get("operation", RECREATE),
        max_unhealthy=str(wanted.get("maxUnhealthy", "100%")),
        check_interval=parse_duration(wanted.get("checkInterval", "0")) or None,
    )


def health_policy(wanted: Remediation, policies: tuple[Binding, ...]) -> str | None:
    """Return the name of the health policy that recovers nodes instead of the operator."""
    policy = bindings.enabled(policies, _HEALTH) if wanted.recover else None
    return policy.name if policy else None
