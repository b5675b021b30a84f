"""The only module that knows kopf: it watches, and hands what it sees to the cache.

The handlers note and return: no decision, no I/O, nothing to catch, so they cannot fail. Of kopf's
other handlers none is used: they write to every object, and they give objects up.
"""

import asyncio
import random
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

import aiohttp
import kopf

from senlin_operator.engine.cache import Notice
from senlin_operator.kube.objects import GROUP, SECRET, VERSION

_BACKOFF_MOST = 30.0  # seconds
_PAGE = 500  # objects


class _ForEver:
    """Pauses between tries that never run out: an API server that is down must not end us."""

    def __iter__(self) -> Iterator[float]:
        pause = 0.5
        while True:
            yield random.uniform(pause / 2, pause)  # noqa: S311 - spread, not secret
            pause = min(pause * 2, _BACKOFF_MOST)


class _NoDiffBase(kopf.DiffBaseStorage):
    """Remembers no last-handled state: it would cost half of the CPU, and nobody reads it."""

    def build(self, **_: Any) -> kopf.BodyEssence:
        return kopf.BodyEssence({})

    def fetch(self, **_: Any) -> kopf.BodyEssence | None:
        return None

    def store(self, **_: Any) -> None:
        """Keep nothing."""


class _NoProgress(kopf.ProgressStorage):
    """Remembers no handler's progress: the handlers here have none."""

    def fetch(self, **_: Any) -> None:
        return None

    def store(self, **_: Any) -> None:
        """Keep nothing."""

    def purge(self, **_: Any) -> None:
        """Nothing is kept."""

    def touch(self, **_: Any) -> None:
        """Nobody waits for it."""

    def clear(self, *, essence: kopf.BodyEssence) -> kopf.BodyEssence:
        return essence


def build_registry(
    plurals: Iterable[tuple[str, str]],
    notice: Notice,
    session: Callable[[], tuple[str, aiohttp.ClientSession]],
) -> kopf.OperatorRegistry:
    """Return the watch handlers of all kinds, and of the Secrets that they refer to."""
    registry = kopf.OperatorRegistry()

    async def watched(event: kopf.RawEvent, param: Any = None, **_: Any) -> None:
        notice(param, event["type"], event["object"])

    async def login(**_: Any) -> kopf.AiohttpSession:
        server, http = session()
        return kopf.AiohttpSession(server=server, aiohttp_session=http)

    for kind, plural in plurals:
        kopf.on.event(GROUP, VERSION, plural, registry=registry, param=kind)(watched)
    kopf.on.event("", "v1", "secrets", registry=registry, param=SECRET)(watched)
    kopf.on.login(registry=registry)(login)
    return registry


def build_settings() -> kopf.OperatorSettings:
    """Return kopf's settings for watching only, and for watching on whatever happens."""
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.watching.chunk_size = _PAGE
    settings.watching.server_timeout = 300
    settings.watching.field_selectors["", "v1", "secrets"] = "type=Opaque"
    settings.queueing.idle_timeout = 0.5
    settings.networking.error_backoffs = _ForEver()
    settings.networking.request_timeout = 60
    settings.persistence.diffbase_storage = _NoDiffBase()
    settings.persistence.progress_storage = _NoProgress()
    return settings


async def watch(registry: kopf.OperatorRegistry, namespaces: Collection[str]) -> None:
    """Watch until the process is told to stop; no namespaces: all of them.

    At the end `kopf.operator` would take every task of the process for its own: wait 5 seconds for
    the looks, which never end, and then cancel them, and the attempts that are still under way.
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
        task.result()  # raises what it has failed of
