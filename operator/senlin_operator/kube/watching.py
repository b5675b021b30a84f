"""Counts the requests of the watches, and tells of those that fail.

When a watch is interrupted, and when it goes on: once each, however often it is tried.
"""

import logging

import aiohttp

from senlin_operator.telemetry import metrics

_log = logging.getLogger(__name__)


class Interruptions:
    """Looks at the requests of the watches, as a middleware of aiohttp."""

    def __init__(self) -> None:
        self._open: set[str] = set()  # the paths whose latest request failed

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Send a request, and take note of what comes of it."""
        path = request.url.path
        try:
            response = await handler(request)
        except (aiohttp.ClientError, TimeoutError) as error:
            self._interrupted(path, str(error))
            metrics.KUBE_REQUESTS.labels(request.method, "none").inc()
            raise
        metrics.KUBE_REQUESTS.labels(request.method, str(response.status)).inc()
        if response.ok:
            self._goes_on(path)
        else:
            self._interrupted(path, f"HTTP {response.status} {response.reason}")
        return response

    def _interrupted(self, path: str, error: str) -> None:
        if path not in self._open:
            self._open.add(path)
            _log.warning("a watch is interrupted", extra={"path": path, "error": error})

    def _goes_on(self, path: str) -> None:
        if path in self._open:
            self._open.remove(path)
            _log.info("the watch goes on", extra={"path": path})
