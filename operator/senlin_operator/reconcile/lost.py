"""The action of a request whose answer was lost, found by its target, name, inputs and time.

Senlin has no field by which a request could be named. So before the request is sent, the newest
actions of the same name on the same target are written down: the request's own action is newer.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any

from openstack_clustering import Action, Proxy
from senlin_operator.cloud.documents import checked
from senlin_operator.kube.status import timestamp
from senlin_operator.model.run import Call, Target
from senlin_operator.telemetry import clock

# Seconds after which a request that shows no action is taken to have started none: Senlin's API
# waits for its engine for 60 seconds at most (rpc_response_timeout), and so do our requests.
GIVEN_UP = 75.0
_CLOCKS = timedelta(minutes=5)  # by which the clocks of Senlin and the operator may differ
_PAGE = 20
_BY_REQUEST = "RPC Request"  # the cause of an action that a request started, not another action


def sending(proxy: Proxy, target: Target, action: str) -> dict[str, Any]:
    """Return `status.sending` for a request that is about to be sent. It runs in a thread."""
    newest = _newest_first(proxy, target.id, action)
    first = next(newest, None)
    known = [first] if first else []
    if first:  # Senlin's times have whole seconds
        known += takewhile(lambda it: it.created_at == first.created_at, newest)
    return {
        "since": timestamp(clock.utcnow()),
        "action": action,
        **({"after": first.created_at, "known": [it.id for it in known]} if first else {}),
    }


def found(proxy: Proxy, target: Target, call: Call, sent: Mapping[str, Any]) -> list[Action]:
    """Return the actions that the request may have started. It runs in a thread."""
    after, known = sent.get("after", ""), sent.get("known", ())
    newer = takewhile(
        lambda it: (it.created_at or "") >= after, _newest_first(proxy, target.id, call.action)
    )
    since = datetime.fromisoformat(sent["since"])
    return [
        it
        for it in newer
        if it.id not in known
        and it.cause == _BY_REQUEST
        and abs((_time(it.created_at) or since) - since) < _CLOCKS
        and all(_equal(value, it.inputs.get(name)) for name, value in call.inputs.items())
    ]


def is_given_up(sent: Mapping[str, Any]) -> bool:
    """Return whether no action of the request can appear any more."""
    return clock.seconds_since(sent["since"]) > GIVEN_UP


def _newest_first(proxy: Proxy, target: str, action: str) -> Iterator[Action]:
    found = proxy.actions(target=target, action=action, sort="created_at:desc", limit=_PAGE)
    return map(checked, found)


def _time(created_at: str | None) -> datetime | None:
    try:
        parsed = datetime.fromisoformat(created_at or "")
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _equal(sent: object, stored: object) -> bool:
    if isinstance(sent, list) and isinstance(stored, list):
        return sorted(sent, key=repr) == sorted(stored, key=repr)  # others may have sent anything
    return sent == stored
