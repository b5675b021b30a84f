"""Counts the requests of the watches, and logs when a watch is interrupted and when it resumes.

Retries in between are not logged.
"""

import logging

import aiohttp

from senlin_operator.telemetry import metrics

_log = logging.getLogger(__name__)


class WatchMonitor:
    """An aiohttp middleware."""

    def __init__(self) -> None:
        self._interrupted: set[str] = set()  # the paths whose latest request failed

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        path = request.url.path
        try:
            response = await handler(request)
        except (aiohttp.ClientError, TimeoutError) as error:
            self.failed(path, str(error))
            metrics.KUBE_REQUESTS.labels(request.method, "none").inc()
            raise
        metrics.KUBE_REQUESTS.labels(request.method, str(response.status)).inc()
        if response.ok:
            self._succeeded(path)
        else:
            self.failed(path, f"HTTP {response.status} {response.reason}")
        return response

    def failed(self, path: str, error: str) -> None:
        """Log that a watch is interrupted, unless its latest request had failed already."""
        if path not in self._interrupted:
            self._interrupted.add(path)
            _log.warning("a watch is interrupted", extra={"path": path, "error": error})

    def _succeeded(self, path: str) -> None:
        if path in self._interrupted:
            self._interrupted.remove(path)
            _log.info("the watch has resumed", extra={"path": path})
