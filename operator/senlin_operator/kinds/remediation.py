"""What is done about nodes that were built and do not work any more."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from senlin_operator.engine.resync import period
from senlin_operator.kinds import bindings
from senlin_operator.kinds.bindings import Binding

RECREATE = "RECREATE"
_HEALTH = "senlin.policy.health"


@dataclass(frozen=True, slots=True)
class Remediation:
    """Whether and how Senlin is asked to recover nodes, and how they are found."""

    recover: bool = False  # False: they are reported only
    operation: str = RECREATE  # or REBUILD, REBOOT
    most: str = "100%"  # unhealthy nodes, a number or a share of all; with more, a person decides
    check_interval: float | None = None  # seconds between checks; None: no checks

    def fits(self, unhealthy: int, nodes: int) -> bool:
        """Return whether so few nodes are unhealthy that it is not the cloud that is."""
        if self.most.endswith("%"):
            return unhealthy * 100 <= int(self.most[:-1]) * nodes
        return unhealthy <= int(self.most)


def parameters(operation: str) -> dict[str, Any]:
    """Return what a recovery is asked for with.

    Without parameters for the operation, be they empty, Senlin 16 fails to rebuild a server.
    """
    return {"operation": operation, "operation_params": {}}


def read(wanted: Mapping[str, Any]) -> Remediation:
    """Return what `remediation` in a manifest says."""
    if not wanted:
        return Remediation()
    return Remediation(
        recover=wanted["mode"] == "Recover",
        operation=wanted.get("operation", RECREATE),
        most=str(wanted.get("maxUnhealthy", "100%")),
        check_interval=period(wanted.get("checkInterval", "0")) or None,
    )


def health_policy(wanted: Remediation, policies: tuple[Binding, ...]) -> str | None:
    """Return the name of the policy because of which the operator recovers nothing itself."""
    policy = bindings.enabled(policies, _HEALTH) if wanted.recover else None
    return policy.name if policy else None
