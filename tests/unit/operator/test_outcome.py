"""Which outcome an exception has, and which conditions an outcome has."""

from typing import Any

import pytest

from openstack_clustering import ClientException
from openstack_clustering.exceptions import (
    AuthenticationFailed,
    BadRequest,
    ConfigException,
    Conflict,
    ConnectFailure,
    DuplicateResource,
    EndpointNotFound,
    Forbidden,
    HttpError,
    InvalidResponse,
    RequestTimeout,
    ResourceNotFound,
    ServerError,
    TooManyRequests,
    Unauthorized,
    UnsupportedMicroversion,
)
from senlin_operator.kube.conditions import Reason
from senlin_operator.model.outcome import (
    REPROBE,
    STALLED_AFTER,
    Blocked,
    Failed,
    Gone,
    Outcome,
    Settled,
    Unsupported,
    Waiting,
    conditions_of,
    is_unclear,
    outcome_of,
)

NOT_FOUND = ResourceNotFound("no such cluster")


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        pytest.param(
            AuthenticationFailed("wrong"), Blocked(Reason.CREDENTIALS_REJECTED, "wrong"), id="login"
        ),
        pytest.param(
            AuthenticationFailed(
                "Keystone at http://10.0.0.5:5000/v3 refuses user u: see http://10.0.0.6/help",
                url="http://10.0.0.5:5000/v3",
            ),
            Blocked(
                Reason.CREDENTIALS_REJECTED,
                "Keystone at http://10.0.0.5:5000/v3 refuses user u: see the service",
            ),
            id="login: its own address stays",
        ),
        pytest.param(
            Unauthorized("expired"), Blocked(Reason.CREDENTIALS_REJECTED, "expired"), id="token"
        ),
        pytest.param(
            EndpointNotFound("none"), Blocked(Reason.NO_CLUSTERING_SERVICE, "none"), id="no Senlin"
        ),
        pytest.param(
            ConfigException("no auth_url"),
            Blocked(Reason.CREDENTIALS_UNREADABLE, "no auth_url"),
            id="configuration",
        ),
        pytest.param(
            Conflict("in ERROR", type="FeatureNotSupported"),
            Blocked(Reason.REJECTED, "Senlin refuses it: in ERROR"),
            id="409: a feature that Senlin lacks",
        ),
        pytest.param(
            Conflict("locked", type="ResourceIsLocked"),
            Waiting(Reason.BUSY, "Senlin is busy: locked", requeue_after=5),
            id="409: a lock",
        ),
        pytest.param(
            Conflict("still attached", type="ResourceInUse"),
            Waiting(Reason.IN_USE, "It is still in use: still attached", requeue_after=10),
            id="409: in use",
        ),
        pytest.param(
            BadRequest("beyond max_size"),
            Blocked(Reason.REJECTED, "Senlin refuses it: beyond max_size"),
            id="400",
        ),
        pytest.param(
            DuplicateResource("two"), Blocked(Reason.REJECTED, "Senlin refuses it: two"), id="two"
        ),
        pytest.param(
            Unsupported("it would do harm"),
            Blocked(Reason.REJECTED, "it would do harm"),
            id="unsent",
        ),
        pytest.param(Forbidden("no"), Blocked(Reason.REJECTED, "Senlin refuses it: no"), id="403"),
        pytest.param(
            ConnectFailure("refused"),
            Failed(Reason.UNREACHABLE, "refused", observed=False),
            id="no connection",
        ),
        pytest.param(
            RequestTimeout("late"),
            Failed(Reason.UNREACHABLE, "late", observed=False),
            id="no answer",
        ),
        pytest.param(
            NOT_FOUND,
            Waiting(Reason.OBSERVING, "no such cluster", requeue_after=1, publish=False),
            id="404: wait for the next poll",
        ),
        *(
            pytest.param(
                ResourceNotFound(sentence),
                Blocked(Reason.REJECTED, f"Senlin refuses it: {sentence}"),
                id="404: an unknown type",
            )
            for sentence in (
                "The policy_type 'x-1.0' could not be found.",
                "The profile_type 'x-1.0' could not be found.",
            )
        ),
        pytest.param(
            ServerError("Unrecognizable spec item 'x'", type="ESchema"),
            Blocked(Reason.REJECTED, "Senlin refuses it: Unrecognizable spec item 'x'"),
            id="500: the spec does not fit its schema",
        ),
        pytest.param(
            ServerError("No Flavor found for none", type="InternalError"),
            Blocked(Reason.REJECTED, "Senlin refuses it: No Flavor found for none"),
            id="500: a flavor that does not exist",
        ),
        pytest.param(
            ServerError("quota", type="OverQuota"),
            Failed(Reason.CLOUD_ERROR, "Senlin answers 500: quota", observed=False),
            id="500",
        ),
        pytest.param(
            TooManyRequests("slower"),
            Failed(Reason.CLOUD_ERROR, "Senlin answers 429: slower", observed=False),
            id="429",
        ),
        pytest.param(
            UnsupportedMicroversion("too old"),
            Blocked(Reason.REJECTED, "too old"),
            id="a Senlin that is too old",
        ),
        pytest.param(
            ClientException("odd"),
            Failed(Reason.CLOUD_ERROR, "odd", observed=False),
            id="anything else",
        ),
    ],
)
def test_outcome_of(error: ClientException, outcome: Outcome) -> None:
    assert outcome_of(error) == outcome


@pytest.mark.parametrize("kind", [BadRequest, Conflict, Forbidden, ServerError, ResourceNotFound])
def test_the_request_id_is_not_in_the_outcome(kind: type[HttpError]) -> None:
    one, other = (outcome_of(kind("no", request_id=id_)) for id_ in ("req-1", "req-2"))

    assert one == other


@pytest.mark.parametrize(
    ("error", "unclear"),
    [
        pytest.param(ConnectFailure("refused", sent=False), False, id="never sent"),
        pytest.param(ConnectFailure("broke", sent=True), True, id="sent, no answer"),
        pytest.param(RequestTimeout("late"), True, id="no answer in time"),
        pytest.param(ServerError("boom"), True, id="500"),
        pytest.param(ServerError("no", type="ESchema"), False, id="500: refused all the same"),
        pytest.param(ServerError("No Image found for x"), False, id="500: a wrong name"),
        pytest.param(HttpError("gateway", status=504), True, id="504"),
        pytest.param(InvalidResponse("cut off", status=202), True, id="an answer cut off"),
        pytest.param(BadRequest("no"), False, id="400"),
        pytest.param(Conflict("locked"), False, id="409"),
        pytest.param(TooManyRequests("slower"), False, id="429"),
        pytest.param(AuthenticationFailed("wrong"), False, id="login"),
        pytest.param(ConfigException("no auth_url"), False, id="nothing was sent"),
    ],
)
def test_is_unclear(error: ClientException, unclear: bool) -> None:
    assert is_unclear(error) is unclear


WAITING = Waiting(Reason.BUSY, "busy")
BLOCKED = Blocked(Reason.REJECTED, "no")
FAILED = Failed(Reason.ACTION_FAILED, "failed")
UNKNOWN = Failed(Reason.UNREACHABLE, "no answer", observed=False)


@pytest.mark.parametrize(
    ("outcome", "failures", "ready", "reconciling", "stalled"),
    [
        pytest.param(Settled("fine"), 0, "True", "False", "False", id="settled"),
        pytest.param(
            Settled("degraded", ready=False, reason=Reason.DEGRADED),
            0,
            "False",
            "False",
            "False",
            id="settled, but not healthy",
        ),
        pytest.param(WAITING, 0, "False", "True", "False", id="waiting"),
        pytest.param(BLOCKED, 1, "False", "False", "True", id="blocked"),
        pytest.param(FAILED, 1, "False", "True", "False", id="failed once: reconciling"),
        pytest.param(
            FAILED, STALLED_AFTER - 1, "False", "True", "False", id="failed twice: reconciling"
        ),
        pytest.param(FAILED, STALLED_AFTER, "False", "False", "True", id="failed often: stalled"),
        pytest.param(
            UNKNOWN, 1, "Unknown", "True", "False", id="failed, state unknown: Ready is Unknown"
        ),
        pytest.param(
            UNKNOWN,
            99,
            "Unknown",
            "True",
            "False",
            id="an outage never stalls: the spec is not at fault",
        ),
    ],
)
def test_conditions_of(
    outcome: Outcome, failures: int, ready: str, reconciling: str, stalled: str
) -> None:
    conditions = conditions_of(outcome, failures)

    assert [(str(it.type), it.status) for it in conditions] == [
        ("Ready", ready),
        ("Reconciling", reconciling),
        ("Stalled", stalled),
    ]


@pytest.mark.parametrize("failures", [1, STALLED_AFTER])
@pytest.mark.parametrize("outcome", [Settled("fine"), WAITING, BLOCKED, FAILED, UNKNOWN])
def test_conditions_follow_kstatus(outcome: Outcome, failures: int) -> None:
    """Ready excludes the others, and they exclude each other (sigs.k8s.io/cli-utils, kstatus)."""
    true = {str(it.type) for it in conditions_of(outcome, failures) if it.status == "True"}

    assert len(true) == 1


@pytest.mark.parametrize("outcome", [WAITING, BLOCKED, FAILED])
def test_the_message_is_on_ready_and_on_the_true_condition(outcome: Any) -> None:
    messages = {str(it.type): it.message for it in conditions_of(outcome, 1)}
    true = [it.type for it in conditions_of(outcome, 1) if it.status == "True"]

    assert messages["Ready"] == messages[true[0]] == outcome.message
    assert sorted(messages.values())[0] == ""


def test_a_gone_object_has_no_conditions() -> None:
    assert conditions_of(Gone(), 0) == []


def test_a_blocked_object_is_requeued() -> None:
    assert Blocked(Reason.REJECTED, "no").requeue_after == REPROBE


def test_every_condition_has_the_reason_of_the_outcome() -> None:
    assert {it.reason for it in conditions_of(BLOCKED, 1)} == {Reason.REJECTED}
