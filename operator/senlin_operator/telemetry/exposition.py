"""The page of the metrics: who may read it, in which format, and how often it is computed."""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from email.message import Message
from functools import partial
from pathlib import Path

from prometheus_client import REGISTRY, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, choose_encoder

from senlin_operator.telemetry import clock
from senlin_operator.telemetry.server import Reply

_FRESH = 1.0  # seconds for which a page is given again, so that many scrapes cost what one costs
_FORMATS = 4  # pages to keep; clients choose the format, and its version
_log = logging.getLogger(__name__)

Review = Callable[[str], Awaitable[Reply | None]]


class MetricsPage:
    """All metrics of the process.

    Args:
        review: Returns how to refuse a bearer token, or None for one that may read the page.
            Without it, everybody may.
    """

    def __init__(self, review: Review | None = None) -> None:
        self._review = review
        self._pages: dict[str, tuple[float, asyncio.Task[bytes]]] = {}

    async def __call__(self, headers: Message) -> Reply:
        if self._review:
            scheme, _, token = headers.get("Authorization", "").partition(" ")
            bearer = token.strip() if scheme.lower() == "bearer" else ""
            if refusal := await self._review(bearer):
                return refusal
        try:
            # Clients that accept OpenMetrics get exemplars, too.
            accepted = " ".join(headers.get("Accept", "").split())  # a header may have lines
            encode, content_type = choose_encoder(accepted)
        except (TypeError, ValueError):  # its version is no number
            encode, content_type = generate_latest, CONTENT_TYPE_PLAIN_0_0_4
        return Reply(200, await self._page(content_type, partial(encode, REGISTRY)), content_type)

    async def _page(self, content_type: str, compute: Callable[[], bytes]) -> bytes:
        now = clock.monotonic()
        began, page = self._pages.pop(content_type, (0.0, None))
        if page is None or (page.done() and now - began > _FRESH):
            began, page = now, asyncio.create_task(asyncio.to_thread(compute))
        self._pages[content_type] = (began, page)
        if len(self._pages) > _FORMATS:
            del self._pages[next(iter(self._pages))]
        return await asyncio.shield(page)  # others may wait for it, too


class Certificate:
    """The TLS certificate in a directory, as cert-manager and kubelet write it, and renew it.

    Raises:
        OSError: The files cannot be read, or are no certificate and its key.
    """

    def __init__(self, directory: Path) -> None:
        self._files = (directory / "tls.crt", directory / "tls.key")
        self._context = self._read()

    def context(self) -> ssl.SSLContext:
        """Return the context for the next connection; a renewed certificate is read first."""
        if self._times() != self._read_at:
            try:
                self._context = self._read()
            except OSError as error:  # the old one serves on
                _log.warning("the certificate cannot be read", extra={"error": str(error)})
        return self._context

    def _read(self) -> ssl.SSLContext:
        self._read_at = self._times()
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        try:
            context.load_cert_chain(*self._files)
        except OSError as error:
            crt, key = self._files
            raise OSError(f"{crt} and {key} are no certificate and its key: {error}") from error
        return context

    def _times(self) -> list[int]:
        return [file.stat().st_mtime_ns if file.exists() else 0 for file in self._files]
