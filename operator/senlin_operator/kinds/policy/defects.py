"""Policies that a released Senlin accepts, and that do harm or nothing (docs/senlin-16.md)."""

from collections.abc import Iterator, Mapping
from typing import Any

from senlin_operator.kinds.shared.rebuild import OR_REPAIRED
from senlin_operator.kinds.shared.remediation import REBUILD

_HEALTH = "senlin.policy.health"


def defect(type_: str, properties: Mapping[str, Any]) -> str | None:
    """Return a sentence about a policy that does not work; None: it does."""
    if type_ != _HEALTH:
        return None
    recovery, detection = _map(properties.get("recovery")), _map(properties.get("detection"))
    if REBUILD in (action.get("name") for action in _maps(recovery.get("actions"))):
        return (
            "Senlin 16 as released cannot rebuild a server: let the policy's recovery be RECREATE "
            f"or REBOOT, {OR_REPAIRED}."
        )
    modes = [detection, *_maps(detection.get("detection_modes"))]  # the first: versions below 1.1
    if "LIFECYCLE_EVENTS" in (mode.get("type") for mode in modes):
        return (
            "Senlin 16 as released recovers no node by LIFECYCLE_EVENTS: let the policy's "
            f"detection be NODE_STATUS_POLLING, {OR_REPAIRED}."
        )
    return None


def _map(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _maps(value: object) -> Iterator[Mapping[str, Any]]:
    """Yield the maps in a list of a manifest, which Senlin has not checked yet."""
    yield from (it for it in value if isinstance(it, Mapping)) if isinstance(value, list) else ()
