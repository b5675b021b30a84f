"""The status of an object that a person holds the operator back from.

It is the last status, in front of whose message stands why nothing happens. So nothing is lost by a
pause, its end costs no write of its own, and a process that starts meanwhile has nothing to write.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from senlin_operator.kube.conditions import (
    MESSAGE_LIMIT,
    Condition,
    ConditionType,
    Reason,
    merge,
)
from senlin_operator.kube.objects import Resource
from senlin_operator.kube.status import timestamp

_BEFORE = " Before: "  # between the pause and what Ready said until then


def held(resource: Resource, now: datetime) -> dict[str, Any]:
    """Return the status of a paused object.

    The generations in it stay: they are those that the operator has acted upon.
    """
    previous = resource.status.get("conditions", ())
    conditions = {it["type"]: it for it in previous}
    paused = _rendered(resource, previous, now, ConditionType.PAUSED, "True")
    ready = conditions.pop(ConditionType.READY, None)
    if ready is None:
        ready = _rendered(resource, (), now, ConditionType.READY, "Unknown")
    told = conditions.pop(ConditionType.PAUSED, paused)["message"]
    before = _unprefixed(ready["message"], told)
    message = f"{paused['message']}{_BEFORE}{before}" if before else paused["message"]
    return {
        "observedGeneration": -1,
        **resource.status,
        "conditions": [
            {**ready, "message": message[:MESSAGE_LIMIT]},
            *conditions.values(),
            paused,
        ],
        "lastSyncTime": timestamp(now),
    }


def released(resource: Resource, now: datetime) -> Mapping[str, Any]:
    """Return the status of an object that is not paused, or not any more."""
    paused = resource.condition(ConditionType.PAUSED)
    if paused is None:
        return resource.status
    conditions = [
        {**it, "message": _unprefixed(it["message"], paused["message"])}
        for it in resource.status["conditions"]
        if it["reason"] != Reason.PAUSED
    ]
    return {**resource.status, "conditions": conditions, "lastSyncTime": timestamp(now)}


def _rendered(
    resource: Resource, previous: Any, now: datetime, type_: ConditionType, status: Any
) -> dict[str, Any]:
    condition = Condition(type_, status, Reason.PAUSED, _message(resource))
    [rendered] = merge(previous, [condition], generation=resource.generation, now=timestamp(now))
    return rendered


def _message(resource: Resource) -> str:
    by = f"Paused by {' and '.join(resource.paused_by)}"
    if resource.deleting:
        return f"{by}; its deletion waits until the pause ends."
    if resource.status.get("observedGeneration") != resource.generation:
        return f"{by}; generation {resource.generation} is not acted upon."
    return f"{by}."


def _unprefixed(message: str, paused: str) -> str:
    return message.removeprefix(paused).removeprefix(_BEFORE)
