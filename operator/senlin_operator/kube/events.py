"""Kubernetes Events, for people; nothing depends on them."""

import asyncio
import contextlib
import logging
import os
from typing import Any, Literal
from uuid import uuid4

from senlin_operator.kube.client import KubeClient, KubeError
from senlin_operator.kube.objects import GROUP, SECRET, VERSION, Resource
from senlin_operator.telemetry import clock

EventType = Literal["Normal", "Warning"]
_log = logging.getLogger(__name__)
_NOTE_LIMIT = 1024  # characters, by the API
_QUEUED_MOST = 1000  # events; when the queue is full, new events are dropped


class Recorder:
    """Sends events in the background, so that a slow API server delays no reconcile."""

    def __init__(self, kube: KubeClient) -> None:
        self._kube = kube
        self._queue: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue(_QUEUED_MOST)

    def record(
        self,
        resource: Resource,
        kind: EventType,
        reason: str,
        action: str,
        note: str,
    ) -> None:
        """Queue an event about the object.

        Args:
            resource: The object that the event is about.
            kind: Normal or Warning.
            reason: One CamelCase word, such as a condition's reason.
            action: The operator's action, in one CamelCase word.
            note: The sentence for people.
        """
        key = resource.key
        body = {
            "apiVersion": "events.k8s.io/v1",
            "kind": "Event",
            "metadata": {
                "name": f"{key.name[:200]}.{uuid4().hex[:16]}",
                "namespace": key.namespace,
            },
            "eventTime": clock.utcnow().strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "reportingController": GROUP,
            "reportingInstance": os.environ.get("HOSTNAME", "senlin-operator"),
            "type": kind,
            "reason": reason,
            "action": action,
            "note": note[:_NOTE_LIMIT],
            "regarding": {
                "apiVersion": "v1" if key.kind == SECRET else f"{GROUP}/{VERSION}",
                "kind": key.kind,
                "namespace": key.namespace,
                "name": key.name,
                "uid": resource.uid,
            },
        }
        with contextlib.suppress(asyncio.QueueFull):
            self._queue.put_nowait((key.namespace, body))

    async def run(self) -> None:
        """Send the queued events, for ever."""
        while True:
            namespace, body = await self._queue.get()
            try:
                await self._kube.create_event(namespace, body)
            except KubeError as error:  # such as for a namespace that is being deleted
                _log.debug("an event was dropped", extra={"error": str(error)})
            finally:
                self._queue.task_done()

    async def flush(self, seconds: float) -> None:
        """Wait until all events are sent, at most for so many seconds."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._queue.join(), seconds)
