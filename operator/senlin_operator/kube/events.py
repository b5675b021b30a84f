"""Kubernetes Events, for people; nothing depends on them."""

import asyncio
import contextlib
import logging
import os
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from senlin_operator.kube.client import KubeClient, KubeError
from senlin_operator.kube.limits import Buckets
from senlin_operator.kube.objects import GROUP, SECRET, VERSION, Resource, beginning
from senlin_operator.kube.turns import Turns
from senlin_operator.telemetry import clock
from senlin_operator.telemetry.lengths import clipped

EventType = Literal["Normal", "Warning"]
_log = logging.getLogger(__name__)
_QUEUED_MOST = 1000  # events; then the oldest of the namespace with the most of them is dropped
_REMEMBERED_MOST = 4096  # events that may be repeated; as many as client-go remembers
# As in client-go (k8s.io/client-go/tools/record/events_cache.go): how many events of one object are
# sent at once, the seconds between two later ones, and from how many different messages on similar
# events become one, if less than so many seconds lie between two of them.
_BURST, _INTERVAL = 25, 300.0
_SIMILAR, _SIMILAR_SECONDS = 10, 600.0
_COMBINED = "(combined from similar events): "
_Document = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class _Event:
    """An event, and what it has in common with its repetitions."""

    identity: tuple[str, ...]
    body: _Document


class Recorder:
    """Sends events in the background, so that a slow API server delays no reconcile.

    An event that an object has had before is counted up, many similar ones become one, and an
    object has no more than a burst of them: as client-go does it. The API is core/v1:
    events.k8s.io/v1 refuses the times and the count by which `kubectl describe` sorts and shows.
    """

    def __init__(self, kube: KubeClient) -> None:
        self._kube = kube
        self._buckets = Buckets(_BURST, _INTERVAL)
        self._queue: Turns[str, _Event] = Turns()  # by namespace
        self._filled, self._idle = asyncio.Event(), asyncio.Event()
        self._idle.set()
        # The latest one last: the different messages of similar events, and when the last one was.
        self._similar: OrderedDict[tuple[str, ...], tuple[set[str], float]] = OrderedDict()
        self._sent: OrderedDict[tuple[str, ...], _Document] = OrderedDict()  # the latest one last
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
        group = (resource.key.kind, resource.uid, kind, reason)
        identity: tuple[str, ...] = (*group, action, note)
        if self._is_one_of_many(group, note):
            identity, note = group, f"{_COMBINED}{note}"
        if self._buckets.take(resource.uid):
            return
        now = clock.utcnow()
        what = {"type": kind, "reason": reason, "action": action, "message": clipped(note)}
        body = {**_about(resource, self._name(resource, now)), **what, **_once(now)}
        self._queue.add(resource.key.namespace, _Event(identity, body))
        if len(self._queue) > _QUEUED_MOST:
            self._queue.drop()
        self._idle.clear()
        self._filled.set()

    async def run(self) -> None:
        """Send the queued events, for ever."""
        while True:
            while event := self._queue.take():
                try:
                    await self._send(event)
                except KubeError as error:  # such as for a namespace that is being deleted
                    _log.debug("an event was dropped", extra={"error": str(error)})
            self._idle.set()
            self._filled.clear()
            await self._filled.wait()

    async def flush(self, seconds: float) -> None:
        """Wait until all events are sent, at most for so many seconds."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), seconds)

    def _is_one_of_many(self, group: tuple[str, ...], note: str) -> bool:
        """Return whether there are so many similar events that they are told as one."""
        now = clock.monotonic()
        notes, last = self._similar.pop(group, (set(), now))
        if now - last > _SIMILAR_SECONDS:
            notes = set()
        notes.add(note)
        many = len(notes) >= _SIMILAR
        if many:
            notes.pop()  # any of them, so that no more are remembered
        self._similar[group] = notes, now
        if len(self._similar) > _REMEMBERED_MOST:
            self._similar.popitem(last=False)
        return many

    async def _send(self, event: _Event) -> None:
        """Count an equal event up, or create this one."""
        identity, body = event.identity, event.body
        sent = self._sent.pop(identity, None)
        if sent is None or not await self._counted(sent, body):
            await self._kube.create_event(body)
            sent = {"metadata": body["metadata"], "count": 1}
        self._sent[identity] = sent
        if len(self._sent) > _REMEMBERED_MOST:
            self._sent.popitem(last=False)

    async def _counted(self, sent: _Document, body: _Document) -> bool:
        """Count an event up; return False if it is gone, as Kubernetes keeps it for an hour."""
        sent["count"] += 1
        changes = {
            "count": sent["count"],
            "lastTimestamp": body["lastTimestamp"],
            "message": body["message"],
        }
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
