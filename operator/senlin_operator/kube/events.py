"""Kubernetes Events, for people; nothing depends on them."""

import asyncio
import contextlib
import logging
import os
from collections import OrderedDict
from datetime import datetime
from typing import Any, Literal

from senlin_operator.kube.client import KubeClient, KubeError
from senlin_operator.kube.objects import GROUP, SECRET, VERSION, Resource, beginning
from senlin_operator.telemetry import clock

EventType = Literal["Normal", "Warning"]
_log = logging.getLogger(__name__)
_NOTE_LIMIT = 1024  # bytes, by the API
_QUEUED_MOST = 1000  # events; when the queue is full, new events are dropped
_REMEMBERED_MOST = 4096  # events that may be repeated; as many as client-go remembers
_IDENTITY = ("involvedObject", "type", "reason", "action", "message")
_Document = dict[str, Any]


class Recorder:
    """Sends events in the background, so that a slow API server delays no reconcile.

    An event that an object has had before is counted up, as client-go does it. The API is core/v1:
    events.k8s.io/v1 refuses the times and the count by which `kubectl describe` sorts and shows.
    """

    def __init__(self, kube: KubeClient) -> None:
        self._kube = kube
        self._queue: asyncio.Queue[_Document] = asyncio.Queue(_QUEUED_MOST)
        self._sent: OrderedDict[str, _Document] = OrderedDict()  # the latest one last
        self._named = 0  # the number in the latest name

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
        now = clock.utcnow()
        what = {"type": kind, "reason": reason, "action": action, "message": _clipped(note)}
        body = {**_about(resource, self._name(resource, now)), **what, **_once(now)}
        with contextlib.suppress(asyncio.QueueFull):
            self._queue.put_nowait(body)

    async def run(self) -> None:
        """Send the queued events, for ever."""
        while True:
            body = await self._queue.get()
            try:
                await self._send(body)
            except KubeError as error:  # such as for a namespace that is being deleted
                _log.debug("an event was dropped", extra={"error": str(error)})
            finally:
                self._queue.task_done()

    async def flush(self, seconds: float) -> None:
        """Wait until all events are sent, at most for so many seconds."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._queue.join(), seconds)

    async def _send(self, body: _Document) -> None:
        """Count an equal event up, or create this one."""
        identity = repr([body[part] for part in _IDENTITY])
        sent = self._sent.pop(identity, None)
        if sent is None or not await self._counted(sent, body["lastTimestamp"]):
            await self._kube.create_event(body)
            sent = {"metadata": body["metadata"], "count": 1}
        self._sent[identity] = sent
        if len(self._sent) > _REMEMBERED_MOST:
            self._sent.popitem(last=False)

    async def _counted(self, sent: _Document, last: str) -> bool:
        """Count an event up; return False if it is gone, as Kubernetes keeps it for an hour."""
        sent["count"] += 1
        changes = {"count": sent["count"], "lastTimestamp": last}
        try:
            await self._kube.patch_event(sent["metadata"], changes)
        except KubeError as error:
            if error.status == 404:
                return False
            raise
        return True

    def _name(self, resource: Resource, now: datetime) -> str:
        """Return a name that sorts by time.

        By it kubectl orders events of the same second, which is all that lastTimestamp has.
        """
        self._named = max(self._named + 1, int(now.timestamp() * 1_000_000))
        return f"{beginning(resource.key.name)}.{self._named:x}"


def _about(resource: Resource, name: str) -> _Document:
    key = resource.key
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": key.namespace},
        "involvedObject": {
            "apiVersion": "v1" if key.kind == SECRET else f"{GROUP}/{VERSION}",
            "kind": key.kind,
            "namespace": key.namespace,
            "name": key.name,
            "uid": resource.uid,
        },
        "source": {"component": "senlin-operator"},
        "reportingComponent": GROUP,
        "reportingInstance": os.environ.get("HOSTNAME", "senlin-operator"),
    }


def _once(now: datetime) -> _Document:
    """Return the times of an event that has happened once."""
    second = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "eventTime": now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "firstTimestamp": second,
        "lastTimestamp": second,
        "count": 1,
    }


def _clipped(note: str) -> str:
    return note.encode()[:_NOTE_LIMIT].decode(errors="ignore")
