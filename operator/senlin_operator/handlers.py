"""The only module that imports kopf: it watches, and hands each event to the cache.

The handlers only store events: no decision and no I/O, so they cannot fail. kopf's other handlers
are not used: they write to every object, and after some failures they give an object up.
"""

import asyncio
import random
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp

from senlin_operator.kube.objects import GROUP, SECRET, VERSION
from senlin_operator.kube.watches import PAGE
from senlin_operator.model.cache import OnEvent

_BACKOFF_MOST = 30.0  # seconds


@contextmanager
def _absent(package: str) -> Iterator[None]:
    """Let nothing import a package that is not imported yet."""
    modules: dict[str, Any] = sys.modules  # in which None says so
    absent = modules.setdefault(package, None) is None
    try:
        yield
    finally:
        if absent:
            del modules[package]


# If it is there, kopf imports it to recognize objects of its models. None come here, and the models
# would take 14 MiB.
with _absent("kubernetes"):
    import kopf


class _EndlessBackoff:
    """Pauses between retries without an end: the operator must outlive an API server's outage."""

    def __iter__(self) -> Iterator[float]:
        pause = 0.5
        while True:
            yield random.uniform(pause / 2, pause)  # noqa: S311 - spread, not secret
            pause = min(pause * 2, _BACKOFF_MOST)


class _NoDiffBase(kopf.DiffBaseStorage):
    """Stores no last-handled state: it would cost half of the CPU, and nothing reads it."""

    def build(self, **_: Any) -> kopf.BodyEssence:
        return kopf.BodyEssence({})

    def fetch(self, **_: Any) -> kopf.BodyEssence | None:
        return None

    def store(self, **_: Any) -> None:
        """Store nothing."""


class _NoProgress(kopf.ProgressStorage):
    """Stores no progress of handlers: the handlers here have none."""

    def fetch(self, **_: Any) -> None:
        return None

    def store(self, **_: Any) -> None:
        """Store nothing."""

    def purge(self, **_: Any) -> None:
        """Delete nothing: nothing is stored."""

    def touch(self, **_: Any) -> None:
        """Touch nothing: nothing is stored."""

    def clear(self, *, essence: kopf.BodyEssence) -> kopf.BodyEssence:
        return essence


def build_registry(
    plurals: Iterable[tuple[str, str]],
    on_event: OnEvent,
    session: Callable[[], tuple[str, aiohttp.ClientSession]],
) -> kopf.OperatorRegistry:
    """Return the watch handlers of all kinds, and of Secrets."""
    registry = kopf.OperatorRegistry()

    async def watched(event: kopf.RawEvent, param: Any = None, **_: Any) -> None:
        on_event(param, event["type"], event["object"])

    async def login(**_: Any) -> kopf.AiohttpSession:
        server, http = session()
        return kopf.AiohttpSession(server=server, aiohttp_session=http)

    for kind, plural in plurals:
        kopf.on.event(GROUP, VERSION, plural, registry=registry, param=kind)(watched)
    kopf.on.event("", "v1", "secrets", registry=registry, param=SECRET)(watched)
    kopf.on.login(registry=registry)(login)
    return registry


def build_settings() -> kopf.OperatorSettings:
    """Return settings with which kopf only watches, and never stops watching."""
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.watching.chunk_size = PAGE
    settings.watching.server_timeout = 300
    settings.watching.field_selectors["", "v1", "secrets"] = "type=Opaque"
    settings.queueing.idle_timeout = 0.5
    settings.networking.error_backoffs = _EndlessBackoff()
    settings.networking.request_timeout = 60
    settings.persistence.diffbase_storage = _NoDiffBase()
    settings.persistence.progress_storage = _NoProgress()
    return settings


async def watch(registry: kopf.OperatorRegistry, namespaces: Collection[str]) -> None:
    """Watch until the process is told to stop; no namespaces: all of them.

    `kopf.operator` is not used: at its end it would treat every task of the process as its own,
    wait 5 seconds for the endless poll loops, and then cancel them and the reconciles in progress.
    """
    tasks = await kopf.spawn_tasks(
        registry=registry,
        settings=build_settings(),
        clusterwide=not namespaces,
        namespaces=namespaces,
        standalone=True,
    )
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in ended:
        task.result()  # re-raises its exception
