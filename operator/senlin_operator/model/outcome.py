"""The outcome of a reconcile as a value: from exceptions to outcomes, and to conditions."""

from dataclasses import dataclass, field
from typing import Literal

from openstack_clustering import ClientException
from openstack_clustering.exceptions import (
    AuthenticationFailed,
    BadRequest,
    ConfigException,
    Conflict,
    ConnectFailure,
    EndpointNotFound,
    Forbidden,
    HttpError,
    ResourceNotFound,
    ServerError,
    Unauthorized,
    UnsupportedMicroversion,
)
from senlin_operator.kube.conditions import Condition, ConditionStatus, ConditionType, Reason
from senlin_operator.model.text import stable

STALLED_AFTER = 3  # consecutive failures, after which the condition Stalled is True
REPROBE = 300.0  # seconds until a retry while a person has to change something
# Senlin 16 answers 404 to an unknown type in the spec, as it does for a deleted object. If a
# policy's properties do not fit their schema, it answers 500 with the type ESchema.
_UNKNOWN_TYPE = ("The policy_type ", "The profile_type ")
# Senlin 16 answers 500 to a flavor, image or key pair that the cloud does not have.
_UNKNOWN_NAME = ("No Flavor found for ", "No Image found for ", "No Keypair found for ")


@dataclass(frozen=True, slots=True)
class Settled:
    """No step is left. Not ready: the cloud object is as the spec says, but not healthy."""

    message: str
    ready: bool = True
    reason: Reason = Reason.READY
    requeue_after: float | None = None  # seconds; None: events and polls wake it
    unused: str = ""  # a sentence about a part of the manifest that has no effect


@dataclass(frozen=True, slots=True)
class Waiting:
    """An action, a lock or another resource comes first. Not an error."""

    reason: Reason
    message: str
    requeue_after: float | None = None  # seconds; None: events and polls wake it
    publish: bool = True  # False: too short or too common to show in the status


@dataclass(frozen=True, slots=True)
class Blocked:
    """A person has to change something first: condition Stalled. It is retried all the same."""

    reason: Reason
    message: str
    requeue_after: float = REPROBE  # seconds


@dataclass(frozen=True, slots=True)
class Failed:
    """A failure that is retried, each time after a longer pause."""

    reason: Reason
    message: str
    observed: bool = True  # False: the state of the cloud object is unknown
    lasting: bool = field(default=False, compare=False)  # for so long that a person has to help


@dataclass(frozen=True, slots=True)
class Gone:
    """The finalizer is removed, so no object is left to write a status to."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The object has come to its end, and its status says how."""

    requeue_after: float | None = None  # seconds until its time to live is over


Outcome = Settled | Waiting | Blocked | Failed | Gone | Finished


class Unsupported(ClientException):
    """The request was not sent, as Senlin would not carry it out as intended."""


class Outdated(ClientException):
    """The request was not sent, as the cloud object has changed since the last poll."""


def outcome_of(error: ClientException) -> Outcome:
    """Return the outcome for the object whose request failed."""
    match error:
        case AuthenticationFailed() | Unauthorized():
            return Blocked(Reason.CREDENTIALS_REJECTED, _without_request_id(error))
        case EndpointNotFound():
            return Blocked(Reason.NO_CLUSTERING_SERVICE, str(error))
        case ConfigException():
            return Blocked(Reason.CREDENTIALS_UNREADABLE, str(error))
        case Conflict(type="FeatureNotSupported"):  # an update of a cluster in ERROR
            return Blocked(Reason.REJECTED, f"Senlin refuses it: {_without_request_id(error)}")
        case Conflict(type="ResourceInUse"):  # by other cloud objects; no poll shows its end
            return Waiting(
                Reason.IN_USE, f"It is still in use: {_without_request_id(error)}", requeue_after=10
            )
        case Conflict():  # a lock, or a running action
            return Waiting(
                Reason.BUSY, f"Senlin is busy: {_without_request_id(error)}", requeue_after=5
            )
        case Outdated():
            return Waiting(Reason.OBSERVING, str(error), requeue_after=1, publish=False)
        case Unsupported() | UnsupportedMicroversion():
            return Blocked(Reason.REJECTED, str(error))
        case BadRequest() | Forbidden():
            return Blocked(Reason.REJECTED, f"Senlin refuses it: {_without_request_id(error)}")
        case ServerError() if _is_refusal(error):
            return Blocked(Reason.REJECTED, f"Senlin refuses it: {_without_request_id(error)}")
        case ConnectFailure():
            return Failed(Reason.UNREACHABLE, str(error), observed=False)
        case ResourceNotFound() if error.message.startswith(_UNKNOWN_TYPE):
            return Blocked(Reason.REJECTED, f"Senlin refuses it: {_without_request_id(error)}")
        case ResourceNotFound():  # it was listed a moment ago: the next poll decides
            return Waiting(
                Reason.OBSERVING, _without_request_id(error), requeue_after=1, publish=False
            )
        case HttpError():
            text = f"Senlin answers {error.status}: {_without_request_id(error)}"
            return Failed(Reason.CLOUD_ERROR, text, observed=False)
        case _:
            return Failed(Reason.CLOUD_ERROR, str(error), observed=False)


def _without_request_id(error: ClientException) -> str:
    """Return the server's message without the request id, which changes with every retry.

    The address that a failed login led to stays: whoever reads it wrote that.
    """
    return stable(error.message, error.url or "") if isinstance(error, HttpError) else str(error)


def _is_refusal(error: HttpError) -> bool:
    """Return whether an error of Senlin is a refusal of what the request has."""
    return error.type == "ESchema" or error.message.startswith(_UNKNOWN_NAME)


def is_unclear(error: ClientException) -> bool:
    """Return whether the request may have been carried out in spite of the error."""
    if isinstance(error, ConnectFailure):
        return error.sent is not False
    if not isinstance(error, HttpError) or _is_refusal(error):
        return False
    return error.status >= 500 or error.status < 400


def conditions_of(outcome: Outcome, failures: int) -> list[Condition]:
    """Return Ready, Reconciling and Stalled, as kstatus reads them.

    Args:
        outcome: The outcome of the reconcile.
        failures: The consecutive failures, including this outcome.
    """
    match outcome:
        case Settled(message, ready, reason, unused=unused):
            status: ConditionStatus = "True" if ready else "False"
            return _trio(status, reason, f"{message} {unused}".strip())
        case Waiting(reason, message):
            return _trio("False", reason, message, active="Reconciling")
        case Blocked(reason, message):
            return _trio("False", reason, message, active="Stalled")
        case Failed(reason, message, observed, lasting):
            stalled = lasting or (failures >= STALLED_AFTER and observed)
            status = "False" if observed else "Unknown"
            return _trio(status, reason, message, active="Stalled" if stalled else "Reconciling")
        case Gone() | Finished():
            return []


def _trio(
    ready: ConditionStatus,
    reason: Reason,
    message: str,
    active: Literal["Reconciling", "Stalled"] | None = None,
) -> list[Condition]:
    return [
        Condition(ConditionType.READY, ready, reason, message),
        *(
            Condition(type_, "True", reason, message)
            if type_ == active
            else Condition(type_, "False", reason, "")
            for type_ in (ConditionType.RECONCILING, ConditionType.STALLED)
        ),
    ]
