"""Conditions and their reasons: a closed enumeration, following kstatus.

Source: sigs.k8s.io/cli-utils, pkg/kstatus; Kubernetes API conventions, "Typical status properties".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

ConditionStatus = Literal["True", "False", "Unknown"]
MESSAGE_LIMIT = 1024  # characters; the API allows 32768, which is too long to read


class ConditionType(StrEnum):
    READY = "Ready"
    RECONCILING = "Reconciling"
    STALLED = "Stalled"
    ACTION_SUCCEEDED = "ActionSucceeded"
    AVAILABLE = "Available"
    POLICIES_ATTACHED = "PoliciesAttached"
    COMPLETE = "Complete"
    FAILED = "Failed"
    SUSPENDED = "Suspended"
    PAUSED = "Paused"


class Reason(StrEnum):
    """The reasons of conditions. docs/reasons says of each what it means and what to do."""

    READY = "Ready"
    DEGRADED = "Degraded"
    OBSERVING = "Observing"
    ACTION_RUNNING = "ActionRunning"
    ACTION_SUCCEEDED = "ActionSucceeded"
    ACTION_FAILED = "ActionFailed"
    NO_EFFECT = "NoEffect"
    BUSY = "Busy"
    DELETING = "Deleting"
    IN_USE = "InUse"
    IMPORT_MISSING = "ImportMissing"
    IMPORT_AMBIGUOUS = "ImportAmbiguous"
    ADOPTION_PENDING = "AdoptionPending"
    OWNED_ELSEWHERE = "OwnedElsewhere"
    REFERENCE_MISSING = "ReferenceMissing"
    REFERENCE_NOT_READY = "ReferenceNotReady"
    CREDENTIALS_MISSING = "CredentialsMissing"
    CREDENTIALS_UNREADABLE = "CredentialsUnreadable"
    CREDENTIALS_REJECTED = "CredentialsRejected"
    TOO_MANY_CREDENTIALS = "TooManyCredentials"
    NO_CLUSTERING_SERVICE = "NoClusteringService"
    NAME_TAKEN = "NameTaken"
    PROJECT_EMPTIED = "ProjectEmptied"
    UNREACHABLE = "Unreachable"
    CLOUD_ERROR = "CloudError"
    REJECTED = "Rejected"
    REFUSED_BY_KUBERNETES = "RefusedByKubernetes"
    ENOUGH_NODES = "EnoughNodes"
    TOO_FEW_NODES = "TooFewNodes"
    POLICIES_ATTACHED = "PoliciesAttached"
    POLICIES_DIFFER = "PoliciesDiffer"
    POLICIES_CONFLICT = "PoliciesConflict"
    NO_ROOM = "NoRoom"
    MEMBERS_PENDING = "MembersPending"
    TOO_MANY_MEMBERS = "TooManyMembers"
    REMEDIATION_HELD = "RemediationHeld"
    UNSAFE = "Unsafe"
    PAUSED = "Paused"
    COMPLETE = "Complete"
    SUSPENDED = "Suspended"
    RESUMED = "Resumed"
    TARGET_PAUSED = "TargetPaused"
    DEADLINE_EXCEEDED = "DeadlineExceeded"
    RESULT_UNKNOWN = "ResultUnknown"
    INTERNAL_ERROR = "InternalError"


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition before it gets its generation and its transition time."""

    type: ConditionType
    status: ConditionStatus
    reason: Reason
    message: str


def merge(
    previous: Iterable[Mapping[str, Any]],
    current: Iterable[Condition],
    *,
    generation: int,
    now: str,
) -> list[dict[str, Any]]:
    """Return the conditions to write; the transition time changes only with the status."""
    before = {condition["type"]: condition for condition in previous}
    merged = []
    for condition in current:
        old = before.get(condition.type)
        unchanged = old is not None and old["status"] == condition.status
        merged.append(
            {
                "type": str(condition.type),
                "status": condition.status,
                "observedGeneration": generation,
                "lastTransitionTime": old["lastTransitionTime"] if old and unchanged else now,
                "reason": str(condition.reason),
                "message": condition.message[:MESSAGE_LIMIT],
            }
        )
    return merged
