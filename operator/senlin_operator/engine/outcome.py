"""What a pass ended with, as a value; what an exception means; what conditions say of it."""

from dataclasses import dataclass
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
)
from senlin_operator.kube.conditions import Condition, Reason, Status, Type

STALLED_AFTER = 3  # failures in a row: by then a person should know
REPROBE = 300.0  # seconds until something that a person should mend is tried again
# Senlin 16 says 404 of an unknown type in the spec, as it does of an object that has gone; and 500,
# with the type ESchema, of a policy's properties that do not fit their schema.
_NO_SUCH_TYPE = ("The policy_type ", "The profile_type ")


@dataclass(frozen=True, slots=True)
class Settled:
    """Nothing is left to do. Not ready: it is as the spec says, but not healthy."""

    message: str
    ready: bool = True
    reason: Reason = Reason.READY
    after: float | None = None  # seconds until it is worth another look


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something else moves first: an action, a lock, another resource. Not an error."""

    reason: Reason
    message: str
    after: float | None = None  # seconds; None: a watch or the inventory wakes us
    quiet: bool = False  # too short, or too usual, to tell anybody


@dataclass(frozen=True, slots=True)
class Blocked:
    """Nothing moves until a person changes something; tried again now and then all the same."""

    reason: Reason
    message: str
    after: float = REPROBE  # seconds


@dataclass(frozen=True, slots=True)
class Failed:
    """It did not work this time, and is tried again after a growing pause."""

    reason: Reason
    message: str
    known: bool = True  # False: nobody knows how the cloud object is


@dataclass(frozen=True, slots=True)
class Gone:
    """The object needs us no more: there is nothing to write to."""


Outcome = Settled | Waiting | Blocked | Failed | Gone


class Impossible(ClientException):
    """A request that was not sent, because Senlin could not carry it out, or not as it is meant."""


def outcome_of(error: ClientException) -> Outcome:
    """Return what a refused request means to the object that it was made for."""
    match error:
        case AuthenticationFailed() | Unauthorized():
            return Blocked(Reason.CREDENTIALS_REJECTED, _lasting(error))
        case EndpointNotFound():
            return Blocked(Reason.NO_CLUSTERING_SERVICE, str(error))
        case ConfigException():
            return Blocked(Reason.CREDENTIALS_UNREADABLE, str(error))
        case Conflict(type="FeatureNotSupported"):  # an update of a cluster in ERROR
            return Blocked(Reason.REJECTED, f"Senlin refuses it: {_lasting(error)}")
        case Conflict(type="ResourceInUse"):  # by what is not ours; nothing tells when that goes
            return Waiting(Reason.IN_USE, f"It is still in use: {_lasting(error)}", after=10)
        case Conflict():  # a lock, a running action: Senlin asks for patience
            return Waiting(Reason.BUSY, f"Senlin is busy: {_lasting(error)}", after=5)
        case Impossible():
            return Blocked(Reason.REJECTED, str(error))
        case BadRequest() | Forbidden() | ServerError(type="ESchema"):
            return Blocked(Reason.REJECTED, f"Senlin refuses it: {_lasting(error)}")
        case ConnectFailure():
            return Failed(Reason.UNREACHABLE, str(error), known=False)
        case ResourceNotFound() if error.message.startswith(_NO_SUCH_TYPE):
            return Blocked(Reason.REJECTED, f"Senlin refuses it: {_lasting(error)}")
        case ResourceNotFound():  # seen a moment ago: the next look tells
            return Waiting(Reason.OBSERVING, _lasting(error), after=1, quiet=True)
        case HttpError():
            text = f"Senlin answers {error.status}: {_lasting(error)}"
            return Failed(Reason.CLOUD_ERROR, text, known=False)
        case _:
            return Failed(Reason.CLOUD_ERROR, str(error), known=False)


def _lasting(error: ClientException) -> str:
    """Return the server's sentence without the request id, which would change with every try."""
    return error.message if isinstance(error, HttpError) else str(error)


def is_unclear(error: ClientException) -> bool:
    """Return whether the request may have been carried out in spite of the error."""
    if isinstance(error, ConnectFailure):
        return error.sent is not False
    if not isinstance(error, HttpError) or error.type == "ESchema":
        return False
    return error.status >= 500 or error.status < 400


def conditions_of(outcome: Outcome, failures: int) -> list[Condition]:
    """Return Ready, Reconciling and Stalled, as kstatus reads them.

    Args:
        outcome: What the pass ended with.
        failures: How often in a row it failed, this time included.
    """
    match outcome:
        case Settled(message, ready, reason):
            verdict: Status = "True" if ready else "False"
            return _trio(verdict, reason, message)
        case Waiting(reason, message):
            return _trio("False", reason, message, active="Reconciling")
        case Blocked(reason, message):
            return _trio("False", reason, message, active="Stalled")
        case Failed(reason, message, known):
            stalled = failures >= STALLED_AFTER and known
            verdict = "False" if known else "Unknown"
            return _trio(verdict, reason, message, active="Stalled" if stalled else "Reconciling")
        case Gone():
            return []


def _trio(
    ready: Status,
    reason: Reason,
    message: str,
    active: Literal["Reconciling", "Stalled"] | None = None,
) -> list[Condition]:
    return [
        Condition(Type.READY, ready, reason, message),
        *(
            Condition(type_, "True", reason, message)
            if type_ == active
            else Condition(type_, "False", reason, "")
            for type_ in (Type.RECONCILING, Type.STALLED)
        ),
    ]
