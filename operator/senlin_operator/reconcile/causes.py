"""The causes of faults: Senlin's generic words are replaced by Nova's own."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from senlin_operator.cloud.causes import failed_server, is_explained, with_cause
from senlin_operator.cloud.session import CloudSession
from senlin_operator.model.step import Observation
from senlin_operator.model.text import stable

_ASKED = 3  # new servers a reconcile; later reconciles ask about the others


async def with_causes(
    observed: Observation, session: CloudSession, published: Sequence[Mapping[str, Any]]
) -> Observation:
    """Return the observation with the causes of its faults, as far as Nova says them.

    Args:
        observed: The observation; only generic faults are changed.
        session: Asks Nova, once a server.
        published: `status.faults`: a cause that Nova does not say any more stays there.
    """
    left = _ASKED
    faults = []
    for fault in observed.faults:
        server_id = failed_server(fault["reason"])
        if server_id is not None and (left or session.causes.knows(server_id)):
            left -= not session.causes.knows(server_id)
            fault = await _with_cause(fault, server_id, session, published)
        faults.append(fault)
    if faults == observed.faults:
        return observed
    return replace(observed, faults=faults)  # type: ignore[type-var] # of a kind: a dataclass


async def _with_cause(
    fault: Mapping[str, Any],
    server_id: str,
    session: CloudSession,
    published: Sequence[Mapping[str, Any]],
) -> Mapping[str, Any]:
    cause = await session.causes.of(server_id)
    if cause is not None:
        return {**fault, "reason": stable(with_cause(fault["reason"], cause))}
    for known in published:
        if known["node"] == fault["node"] and is_explained(known["reason"], fault["reason"]):
            return {**fault, "reason": known["reason"]}
    return fault
