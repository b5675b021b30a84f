"""What kopf's lists and watches meet: no answer at which kopf would end the process.

kopf 1.45 retries what it takes for a failure of the network, lists again after a watch has said
that its version is too old (410), and raises everything else. So everything else is turned into one
of these two. What a list does not have, kopf does not report: here it is.
"""

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, cast

import aiohttp

from senlin_operator.kube.objects import SECRET
from senlin_operator.kube.watch_monitor import WatchMonitor

# Objects in a page of a list. One has at most 1.5 MiB, which is what etcd stores.
PAGE = 100
# Of Secrets, the metadata alone is asked for: few of those in the watched namespaces concern the
# operator, and they are read one by one.
_METADATA = "application/json;as={};v=v1;g=meta.k8s.io"
METADATA_LIST = _METADATA.format("PartialObjectMetadataList")
_GONE = 410  # the list or the watch has to begin again
_NOT_FOUND = 404
_TOO_MANY_REQUESTS = 429  # kopf waits as long as the server asks for
_LIST_AGAIN = b'{"type":"ERROR","object":{"code":410}}\n'
_ERROR = b'{"type":"ERROR"'  # Kubernetes writes the type first
_PAUSE_MOST = 30.0  # seconds
# Called with a kind, a namespace (None: all), the version of a list, and the uids in it.
OnList = Callable[[str, str | None, int, frozenset[str]], None]


class Watches:
    """An aiohttp middleware of the session of kopf."""

    def __init__(self, kinds: Mapping[str, str], on_list: OnList, monitor: WatchMonitor) -> None:
        self._kinds = kinds  # by the last part of a path
        self._on_list = on_list
        self._monitor = monitor
        self._listed: dict[str, set[str]] = {}  # the uids in the pages of a list, by its path
        self._errors: Counter[str] = Counter()  # consecutive ones, by path

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        path, kind = request.url.path, self._kinds.get(request.url.name, "")
        watching = "watch" in request.url.query
        if kind == SECRET:
            watched = _METADATA.format("PartialObjectMetadata")
            request.headers["Accept"] = watched if watching else METADATA_LIST
        try:
            response = await self._monitor(request, handler)
        except aiohttp.ClientResponseError as error:  # such as of a proxy that speaks no HTTP
            raise aiohttp.ClientConnectionError(str(error)) from error
        if response.status == _TOO_MANY_REQUESTS:
            return response
        if not kind and (response.ok or response.status == _NOT_FOUND):
            return response  # of kopf's search for the kinds
        if not response.ok:
            response.close()
            if response.status == _GONE and not watching:
                raise aiohttp.ClientPayloadError("the list has to begin again")
            raise aiohttp.ClientConnectionError(f"HTTP {response.status}")
        if watching:
            content = cast("aiohttp.StreamReader", _Events(self, path, response.content))
            response.content = content
        else:
            await self._read_list(request, response, kind)
        return response

    async def pause(self, path: str, error: str) -> None:
        """Log an error in an answer; wait, the longer the more of them come one after the other."""
        self._monitor.failed(path, error)
        self._errors[path] += 1
        most = min(_PAUSE_MOST, 0.5 * 2 ** min(self._errors[path], 10))
        await asyncio.sleep(random.uniform(most / 2, most))  # noqa: S311 - spread, not secret

    def succeeded(self, path: str) -> None:
        self._errors.pop(path, None)

    async def _read_list(
        self, request: aiohttp.ClientRequest, response: aiohttp.ClientResponse, kind: str
    ) -> None:
        path = request.url.path
        try:
            page = json.loads(await response.read())  # kopf gets the same bytes
            if page["items"] is None:  # so the API server writes an empty list of metadata
                page["items"] = []
                response._body = json.dumps(page).encode()
            uids = {item["metadata"]["uid"] for item in page["items"]}
            version, more = page["metadata"]["resourceVersion"], page["metadata"].get("continue")
        except (ValueError, KeyError, TypeError):
            await self.pause(path, "the answer is not a list")
            raise aiohttp.ClientPayloadError("the answer is not a list") from None
        if "continue" in request.url.query:
            uids |= self._listed.pop(path, set())
        if more:
            self._listed[path] = uids
        else:
            self._on_list(kind, _namespace(path), int(version), frozenset(uids))


class _Events:
    """The body of a watch, as kopf reads it: an error in it has kopf list again."""

    def __init__(self, watches: Watches, path: str, content: aiohttp.StreamReader) -> None:
        self._watches = watches
        self._path = path
        self._content = content

    def __getattr__(self, name: str) -> Any:
        return getattr(self._content, name)  # what aiohttp asks of a body

    async def iter_chunked(self, size: int) -> AsyncIterator[bytes]:
        """Yield whole lines; a last line that was cut off is left out."""
        rest = b""
        async for chunk in self._content.iter_chunked(size):
            lines, newline, rest = (rest + chunk).rpartition(b"\n")
            if not newline:
                continue
            if not _is_sound(lines):
                for line in lines.splitlines(keepends=True):
                    if error := _error(line):
                        await self._watches.pause(self._path, error)
                        yield _LIST_AGAIN
                        return
                    yield line if line.endswith(b"\n") else line + b"\n"
            else:
                self._watches.succeeded(self._path)
                yield lines + newline


def _is_sound(lines: bytes) -> bool:
    """Return whether each line is a document, and none an error."""
    if not lines.startswith(b"{") or lines.count(b"\n") != lines.count(b"\n{"):
        return False
    return not lines.startswith(_ERROR) and b"\n" + _ERROR not in lines


def _error(line: bytes) -> str:
    """Return what is wrong with a line; empty: nothing, or that its watch is too old."""
    if line.startswith(b"{") and not line.startswith(_ERROR):
        return ""
    try:
        status: dict[str, Any] = json.loads(line)["object"]
        code = status.get("code")
    except (ValueError, KeyError, TypeError, AttributeError):
        return "the answer is not a watch"
    return "" if code == _GONE else f"{code} {status.get('message', '')}".strip()


def _namespace(path: str) -> str | None:
    parts = path.split("/")
    return parts[parts.index("namespaces") + 1] if "namespaces" in parts else None
