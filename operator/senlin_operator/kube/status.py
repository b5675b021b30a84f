"""The status of an object while a reconcile builds it, and how it is rendered and compared."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from senlin_operator.kube.conditions import (
    Condition,
    ConditionStatus,
    ConditionType,
    Reason,
    merge,
)
from senlin_operator.kube.objects import RECONCILE_AT, Resource
from senlin_operator.telemetry.lengths import bounded

RUNNING, SUCCEEDED, FAILED = "RUNNING", "SUCCEEDED", "FAILED"
_VOLATILE = "lastSyncTime"
# What is observed, and so observed again. The rest is the operator's own record, as of an action.
_OBSERVED = (_VOLATILE, "conditions", "faults", "resource")
_FAULTS = 5  # nodes; the definitions allow no more
_KIND_SPECIFIC = (
    ConditionType.AVAILABLE,
    ConditionType.POLICIES_ATTACHED,
    ConditionType.COMPLETE,
    ConditionType.FAILED,
    ConditionType.SUSPENDED,
)
# Of resources that are run to completion.
_RUN = (
    "operation",
    "target",
    "startTime",
    "completionTime",
    "failed",
    "sending",
    "children",
    "childrenTotal",
    "result",
)


@dataclass(slots=True)
class Status:
    """A status under construction: a reconcile begins with the last one, and changes it."""

    id: str | None = field(default=None, repr=False)
    action: Mapping[str, Any] | None = None
    adopted: Mapping[str, Any] | None = None  # how and when the cloud object was taken over
    resource: Mapping[str, Any] | None = None
    selector: str | None = None  # of pods
    faults: list[Mapping[str, Any]] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)  # only those of the kind
    run: dict[str, Any] = field(default_factory=dict)  # of a resource that is run to completion
    shows_id: bool = True

    @classmethod
    def of(cls, status: Mapping[str, Any]) -> "Status":
        """Return the content of the last status."""
        return cls(
            id=status.get("id"),
            action=status.get("action"),
            adopted=status.get("adopted"),
            resource=status.get("resource"),
            selector=status.get("selector"),
            faults=list(status.get("faults", ())),
            run={name: status[name] for name in _RUN if name in status},
            conditions=[
                Condition(ConditionType(c["type"]), c["status"], Reason(c["reason"]), c["message"])
                for c in status.get("conditions", ())
                if c["type"] in _KIND_SPECIFIC and c["reason"] in set(Reason)
            ],
        )

    @property
    def running_action(self) -> str | None:
        """Return the id of the operator's action that has not ended yet, as far as known."""
        if self.action and self.action["status"] == RUNNING:
            return str(self.action["id"])
        return None

    @property
    def action_failed(self) -> bool:
        """Return whether the operator's last action on the object failed."""
        return bool(self.action and self.action["status"] == FAILED)

    @property
    def finished(self) -> bool:
        """Return whether it is of a resource that has run to its end: no condition changes."""
        return "completionTime" in self.run

    def action_condition(self) -> list[Condition]:
        """Return the condition ActionSucceeded, if the operator ever started an action."""
        if not self.action:
            return []
        name = self.action["name"]
        known: dict[str, tuple[ConditionStatus, Reason, str]] = {
            RUNNING: ("Unknown", Reason.ACTION_RUNNING, f"{name} is running."),
            SUCCEEDED: ("True", Reason.ACTION_SUCCEEDED, f"{name} succeeded."),
        }
        failed: tuple[ConditionStatus, Reason, str]
        failed = ("False", Reason.ACTION_FAILED, self.action.get("reason") or f"{name} failed.")
        return [
            Condition(ConditionType.ACTION_SUCCEEDED, *known.get(self.action["status"], failed))
        ]


def render(
    resource: Resource, status: Status, conditions: Iterable[Condition], now: datetime
) -> dict[str, Any]:
    """Return the status to write. What comes from OpenStack is cut: see `telemetry/lengths.py`."""
    rendered: dict[str, Any] = {
        "observedGeneration": resource.generation,
        "conditions": merge(
            resource.status.get("conditions", ()),
            [*conditions, *status.action_condition(), *status.conditions],
            generation=resource.generation,
            now=timestamp(now),
        ),
        _VOLATILE: timestamp(now),
    }
    if requested := resource.annotations.get(RECONCILE_AT):
        rendered["lastHandledReconcileAt"] = requested
    facts = {
        "id": status.id if status.shows_id else None,
        "action": status.action,
        "adopted": status.adopted,
        "resource": status.resource,
        "selector": status.selector,
        "faults": status.faults[:_FAULTS],
        **status.run,
    }
    return rendered | {name: bounded(value) for name, value in facts.items() if value}


def acted_upon(status: Mapping[str, Any], generation: int) -> dict[str, Any]:
    """Return the status, as that of a generation for which there is nothing to do."""
    conditions = [{**it, "observedGeneration": generation} for it in status["conditions"]]
    return {**status, "observedGeneration": generation, "conditions": conditions}


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two rendered statuses are equal but for the time of the last sync."""
    return _without_sync_time(one) == _without_sync_time(other)


def same_record(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two rendered statuses differ only in what is observed.

    Nothing is lost if such a status is written later.
    """
    first, second = (
        {name: value for name, value in status.items() if name not in _OBSERVED}
        for status in (one, other)
    )
    return first == second


def timestamp(moment: datetime) -> str:
    """Return the time in the form of Kubernetes."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _without_sync_time(status: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in status.items() if name != _VOLATILE}
