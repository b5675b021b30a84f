"""The status of an object: what a pass learned, rendered without anything that moves by itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from senlin_operator.kube.conditions import Condition, Reason, Status, Type, merge
from senlin_operator.kube.objects import RECONCILE_AT, Resource

RUNNING, SUCCEEDED, FAILED = "RUNNING", "SUCCEEDED", "FAILED"
_VOLATILE = "lastSyncTime"
_OF_THE_KIND = (Type.AVAILABLE, Type.POLICIES_ATTACHED)


@dataclass(slots=True)
class Report:
    """What is known of the cloud object; a pass starts from the last status and amends it."""

    id: str | None = None
    action: Mapping[str, Any] | None = None
    resource: Mapping[str, Any] | None = None
    faults: list[Mapping[str, Any]] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)  # those of the kind itself

    @classmethod
    def of(cls, status: Mapping[str, Any]) -> "Report":
        """Return what the last status said."""
        return cls(
            id=status.get("id"),
            action=status.get("action"),
            resource=status.get("resource"),
            faults=list(status.get("faults", ())),
            conditions=[
                Condition(Type(c["type"]), c["status"], Reason(c["reason"]), c["message"])
                for c in status.get("conditions", ())
                if c["type"] in _OF_THE_KIND and c["reason"] in set(Reason)
            ],
        )

    @property
    def running(self) -> str | None:
        """Return the id of our action that has not been seen to end."""
        if self.action and self.action["status"] == RUNNING:
            return str(self.action["id"])
        return None

    @property
    def failed(self) -> bool:
        """Return whether our last action has failed."""
        return bool(self.action and self.action["status"] == FAILED)

    def action_condition(self) -> list[Condition]:
        """Return ActionSucceeded, if there ever was an action."""
        if not self.action:
            return []
        name = self.action["name"]
        verdicts: dict[str, tuple[Status, Reason, str]] = {
            RUNNING: ("Unknown", Reason.ACTION_RUNNING, f"{name} is running."),
            SUCCEEDED: ("True", Reason.ACTION_SUCCEEDED, f"{name} succeeded."),
        }
        failed: tuple[Status, Reason, str]
        failed = ("False", Reason.ACTION_FAILED, self.action.get("reason") or f"{name} failed.")
        return [Condition(Type.ACTION_SUCCEEDED, *verdicts.get(self.action["status"], failed))]


def render(
    resource: Resource, report: Report, conditions: Iterable[Condition], now: datetime
) -> dict[str, Any]:
    """Return the whole status to write."""
    wanted = [*conditions, *report.action_condition(), *report.conditions]
    status: dict[str, Any] = {
        "observedGeneration": resource.generation,
        "conditions": merge(
            resource.status.get("conditions", ()),
            wanted,
            generation=resource.generation,
            now=timestamp(now),
        ),
        _VOLATILE: timestamp(now),
    }
    if asked := resource.annotations.get(RECONCILE_AT):
        status["lastHandledReconcileAt"] = asked
    facts = {
        "id": report.id,
        "action": report.action,
        "resource": report.resource,
        "faults": report.faults,
    }
    return status | {name: value for name, value in facts.items() if value}


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether writing the one over the other would tell nobody anything."""
    return _lasting(one) == _lasting(other)


def timestamp(moment: datetime) -> str:
    """Return it as Kubernetes writes times."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _lasting(status: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in status.items() if name != _VOLATILE}
