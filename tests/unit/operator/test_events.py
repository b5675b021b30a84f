"""What is sent to Kubernetes as events, and what counts as a repeated one."""

import asyncio
from collections.abc import Mapping
from typing import Any, cast

import pytest

from senlin_operator.kube import events
from senlin_operator.kube.client import KubeClient, KubeError
from senlin_operator.kube.events import Recorder
from senlin_operator.kube.objects import Resource
from tests.unit.operator.builders import Clock, Document, a_cluster_manifest, a_resource

WEB = a_resource(a_cluster_manifest("web", uid="u1"))
AGAIN = a_resource(a_cluster_manifest("web", uid="u2"))  # deleted, and made again
LONG = a_resource(a_cluster_manifest(f"{'a' * 199}-{'b' * 50}", uid="u3"))


class Server:
    """Keeps events as an API server does, and refuses as it is told."""

    def __init__(self) -> None:
        self.events: dict[str, Document] = {}
        self.refusal: KubeError | None = None

    async def create_event(self, body: Document) -> None:
        assert body["metadata"]["name"] not in self.events
        self.events[body["metadata"]["name"]] = body

    async def patch_event(self, metadata: Mapping[str, str], changes: Document) -> None:
        if self.refusal:
            raise self.refusal
        if metadata["name"] not in self.events:
            raise KubeError(404, "not found")
        self.events[metadata["name"]] |= changes

    @property
    def told(self) -> list[tuple[str, int]]:
        """Return message and count, by name."""
        return [(it["message"], it["count"]) for _, it in sorted(self.events.items())]


class Speaker:
    def __init__(self) -> None:
        self.server = Server()
        self.recorder = Recorder(cast("KubeClient", self.server))

    async def says(self, *notes: str, about: Resource = WEB, **changes: Any) -> None:
        what = {"kind": "Normal", "reason": "Ready", "action": "Reconcile", **changes}
        sending = asyncio.create_task(self.recorder.run())
        for note in notes:
            self.recorder.record(about, note=note, **what)
        await self.recorder.flush(1)
        sending.cancel()


@pytest.fixture
def speaker(clock: Clock) -> Speaker:
    return Speaker()


async def test_events_of_one_moment_are_named_in_their_order(speaker: Speaker) -> None:
    await speaker.says("c", "a", "b")

    assert speaker.server.told == [("c", 1), ("a", 1), ("b", 1)]


async def test_an_equal_event_is_counted_up(speaker: Speaker, clock: Clock) -> None:
    await speaker.says("a", "b")
    clock.advance(90)
    await speaker.says("a")

    [a, _] = speaker.server.events.values()
    assert speaker.server.told == [("a", 2), ("b", 1)]
    assert a["firstTimestamp"] < a["lastTimestamp"]


@pytest.mark.parametrize(
    "changes",
    [{"kind": "Warning"}, {"reason": "Degraded"}, {"action": "Run"}, {"about": AGAIN}],
    ids=["type", "reason", "action", "object"],
)
async def test_what_differs_is_an_event_of_its_own(
    speaker: Speaker, changes: dict[str, Any]
) -> None:
    await speaker.says("a")
    await speaker.says("a", **changes)

    assert speaker.server.told == [("a", 1), ("a", 1)]


async def test_an_event_that_kubernetes_has_dropped_is_told_again(speaker: Speaker) -> None:
    await speaker.says("a", "a")
    speaker.server.events.clear()
    await speaker.says("a", "a", "a")

    assert speaker.server.told == [("a", 3)]


async def test_a_failed_count_is_dropped_and_the_next_one_begins_again(speaker: Speaker) -> None:
    await speaker.says("a")
    speaker.server.refusal = KubeError(500, "etcdserver: request timed out")
    await speaker.says("a")
    speaker.server.refusal = None
    await speaker.says("a", "a")

    assert speaker.server.told == [("a", 1), ("a", 2)]


async def test_the_least_recent_event_is_forgotten(
    speaker: Speaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "_REMEMBERED_MOST", 2)

    await speaker.says("a", "b", "a", "c", "a", "b")

    assert speaker.server.told == [("a", 3), ("b", 1), ("c", 1), ("b", 1)]


async def test_many_similar_events_become_one(speaker: Speaker) -> None:
    notes = [f"{at}" for at in range(12)]

    await speaker.says(*notes)
    await speaker.says("other", reason="Degraded")

    combined = ("(combined from similar events): 11", 3)
    assert speaker.server.told == [*((note, 1) for note in notes[:9]), combined, ("other", 1)]


async def test_similar_events_of_different_times_stay_apart(speaker: Speaker, clock: Clock) -> None:
    for _ in range(2):
        await speaker.says(*[f"{at}" for at in range(9)])
        clock.advance(601)

    assert {count for _, count in speaker.server.told} == {2}


async def test_an_object_has_a_burst_of_events_and_then_few(speaker: Speaker, clock: Clock) -> None:
    await speaker.says(*["a"] * 100)
    await speaker.says("b", about=AGAIN)
    assert speaker.server.told == [("a", 25), ("b", 1)]

    clock.advance(301)
    await speaker.says("a", "a")
    assert speaker.server.told == [("a", 26), ("b", 1)]


async def test_a_flood_drops_its_own_oldest_events(
    speaker: Speaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "_QUEUED_MOST", 5)
    good = a_resource(a_cluster_manifest("web", uid="u4", namespace="good"))
    speaker.recorder.record(good, "Normal", "Ready", "Reconcile", "good")

    await speaker.says("a", "b", "c", "d", "e", "f")

    assert sorted(speaker.server.told) == [(note, 1) for note in ("c", "d", "e", "f", "good")]


async def test_the_namespaces_have_turns(speaker: Speaker) -> None:
    good = a_resource(a_cluster_manifest("web", uid="u4", namespace="good"))
    for note in "abc":
        speaker.recorder.record(WEB, "Normal", "Ready", "Reconcile", note)

    await speaker.says("good", about=good)

    assert [it["message"] for it in speaker.server.events.values()] == ["a", "good", "b", "c"]


async def test_name_and_note_are_as_short_as_kubernetes_takes_them(speaker: Speaker) -> None:
    await speaker.says("→" * 1024, about=LONG)

    [(name, event)] = speaker.server.events.items()
    assert name.startswith(f"{'a' * 199}.")
    assert event["message"] == "→" * 340 + "…"
