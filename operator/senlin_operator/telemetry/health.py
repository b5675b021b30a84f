"""The answers to the probes: is the event loop alive, have the caches been filled."""

from collections.abc import Mapping
from email.message import Message

from senlin_operator.telemetry import clock
from senlin_operator.telemetry.server import Page, Reply

_STALLED_AFTER = 30.0  # seconds without a heartbeat, after which the event loop counts as hung


class Health:
    """What the probes ask for; the event loop writes it, the server's thread reads it."""

    def __init__(self) -> None:
        self.ready = False
        self._heartbeat = clock.monotonic()

    def heartbeat(self) -> None:
        """Record that the event loop runs."""
        self._heartbeat = clock.monotonic()

    @property
    def live(self) -> bool:
        return clock.monotonic() - self._heartbeat < _STALLED_AFTER

    def pages(self) -> Mapping[str, Page]:
        """Return the pages of the probes by their paths."""
        return {"/livez": self._livez, "/readyz": self._readyz}

    async def _livez(self, _: Message) -> Reply:
        return Reply(200 if self.live else 500, b"see the log\n")

    async def _readyz(self, _: Message) -> Reply:
        return Reply(200 if self.ready else 503, b"see the log\n")
