"""The causes of failed builds, each asked of Nova once and remembered for a while."""

import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from senlin_operator.telemetry import clock

# All that Senlin 16 says of a failed build: the server's failure state.
_GENERIC = re.compile(
    r"(?:Server:)?(?P<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
    r" transitioned to failure state \w+\.?"
)
_REMEMBERED = 1000  # servers
_RETRY = 60.0  # seconds until Nova is asked again about a server of which it said nothing


def failed_server(reason: str) -> str | None:
    """Return the id of the server in Senlin's generic text about a failed build."""
    match = _GENERIC.search(reason)
    return match["id"] if match else None


def with_cause(reason: str, cause: str) -> str:
    """Return Senlin's text with the cause in place of its generic part."""
    return _GENERIC.sub(lambda _: cause, reason)


def is_explained(reason: str, generic: str) -> bool:
    """Return whether a reason may be the same failure with its cause: both begin alike."""
    match = _GENERIC.search(generic)
    if match is None or failed_server(reason) is not None:
        return False
    return reason.startswith(generic[: match.start()])


class Causes:
    """Asks by a function, and remembers its answers. Used from the event loop only."""

    def __init__(self, ask: Callable[[str], Awaitable[str | None]]) -> None:
        self._ask = ask
        self._known: OrderedDict[str, tuple[str | None, float]] = OrderedDict()

    def knows(self, server_id: str) -> bool:
        """Return whether the answer about a server costs no request."""
        cause, until = self._known.get(server_id, (None, 0.0))
        return cause is not None or until > clock.monotonic()

    async def of(self, server_id: str) -> str | None:
        """Return why the build of a server failed; None: Nova does not say."""
        if not self.knows(server_id):
            cause = await self._ask(server_id)
            self._known[server_id] = cause, clock.monotonic() + _RETRY
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return self._known[server_id][0]
