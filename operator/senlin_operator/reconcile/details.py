"""Facts that no list shows, and that a plan needs."""

from senlin_operator.model.scope import Scope
from senlin_operator.model.step import Observation
from senlin_operator.telemetry import clock

_DETAILS_TTL = 300.0  # seconds after which details are fetched again


async def with_facts(scope: Scope, observed: Observation) -> Observation:
    """Return the observation with all that its plan needs.

    Raises:
        ClientException: Senlin refuses to say it.
    """
    return await _with_schema(scope, await _with_details(scope, observed))


async def _with_details(scope: Scope, observed: Observation) -> Observation:
    """Return the observation with details, which no list shows.

    They are fetched if their version has changed, after each step of the operator, and if they are
    older than their time to live, as not every change shows in a list.
    """
    details, memory = scope.kind.details, scope.memory
    version = details.version(scope.desired, observed) if details else None
    if details is None or version is None:
        return observed
    oldest = max(memory.freshness.not_before, clock.monotonic() - _DETAILS_TTL)
    if memory.details is None or memory.details[0] != version or memory.details[1] < oldest:
        now = clock.monotonic()
        facts = await scope.session.call("details", lambda proxy: details.fetch(proxy, observed.id))
        memory.details = (version, now, facts)
    with_facts: Observation = details.add(observed, memory.details[2])
    return with_facts


async def _with_schema(scope: Scope, observed: Observation) -> Observation:
    """Return the observation with the schema of a profile type, if the plan needs one."""
    schemas = scope.kind.schemas
    needed = schemas.profile_type(scope.desired, observed) if schemas else None
    if schemas is None or needed is None:
        return observed
    with_schema: Observation = schemas.add(observed, await scope.session.profile_schema(needed))
    return with_schema
