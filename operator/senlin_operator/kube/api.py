"""One request to the Kubernetes API, and its errors."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import aiohttp

from senlin_operator.kube import fencing
from senlin_operator.kube.access import USER_AGENT, Access
from senlin_operator.kube.limits import FairRate
from senlin_operator.kube.objects import Resource
from senlin_operator.telemetry import clock, metrics, tracing

# Credentials of the operator, a deletion, a timeout, a conflict, an old version, too many requests.
_PASSING = (401, 404, 408, 409, 410, 429)
# Of a namespace, and of an object.
_DELETING = ("because it is being terminated", "if the object is being deleted")
_TIMEOUT = aiohttp.ClientTimeout(total=30)
APPLY = "application/apply-patch+yaml"  # the content type of a server-side apply
# Characters that YAML takes only as escapes, or for the end of a line.
_ESCAPED_IN_YAML = re.compile("[\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff]")
# Writes at once, and seconds between two later ones: far above what 500 resources need that are
# made at once, and below what an API server of one node can do.
_BURST, _INTERVAL = 1000, 0.005


class KubeError(Exception):
    """The API server refused a request, or could not be reached (status 0)."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    @property
    def is_refusal(self) -> bool:
        """Return whether it lasts until a person changes something in Kubernetes.

        Such are a quota, an admission policy, missing rights, an invalid name. What is being
        deleted takes nothing new, but that needs nobody.
        """
        refused = 400 <= self.status < 500 and self.status not in _PASSING
        return refused and not any(text in str(self) for text in _DELETING)


class NotFound(KubeError):
    """The object does not exist any more; another object may have its name."""

    def __init__(self, resource: Resource) -> None:
        super().__init__(404, f"{resource.key.kind} {resource.key.name} does not exist any more.")
        self.resource = resource


class Api:
    """Sends requests as the access says, and counts them."""

    def __init__(self, access: Access) -> None:
        self._server = access.server
        self.user_agent = USER_AGENT
        self._rate = FairRate(_BURST, _INTERVAL)
        self.may_write: Callable[[], None] = lambda: None  # raises KubeError unless it may
        self._session = access.session(traces=fencing.traces(lambda: self.may_write()))

    async def close(self) -> None:
        await self._session.close()

    async def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
        always: bool = False,
    ) -> dict[str, Any]:
        """Send a request; return the document in the reply.

        Args:
            method: The HTTP method; all but GET count as writes.
            path: The path from the root of the API server.
            query: The parameters of the URL.
            body: The document to send.
            content_type: The content type of the body.
            accept: The form of the reply.
            always: Send a write at once, even if this process is fenced, as for a lease. For other
                writes the fence is asked twice: at once, and when the connection stands.

        Raises:
            KubeError: The request was refused, or could not be sent.
        """
        if method != "GET" and not always:
            await self._rate.admit(_namespace(path))
            self.may_write()
        headers, data = {"Accept": accept, "User-Agent": self.user_agent}, None
        if body is not None:
            headers["Content-Type"] = content_type
            data = as_yaml(body) if content_type == APPLY else json.dumps(body).encode()
        began, status = clock.monotonic(), None
        try:
            with fencing.unfenced() if always else nullcontext():
                async with self._session.request(
                    method,
                    f"{self._server}{path}",
                    params=query,
                    headers=headers,
                    data=data,
                    timeout=_TIMEOUT,
                ) as response:
                    status = response.status
                    text = await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise KubeError(0, f"the Kubernetes API is not reachable: {error}") from error
        finally:
            metrics.KUBE_REQUESTS.labels(method, str(status or "none")).inc()
            tracing.record(
                f"{method} Kubernetes",
                clock.monotonic() - began,
                status=status,
                http__request__method=method,
                url__path=path,
            )
        if status >= 400:
            raise KubeError(status, _message(text))
        return dict(json.loads(text))


def as_yaml(document: Any) -> bytes:
    """Return a document as JSON that is YAML, too.

    JSON escapes a character beyond 16 bits, such as an emoji, by two halves. The API server reads a
    server-side apply as YAML, and refuses such halves (1.37: "found invalid Unicode character
    escape code").
    """
    text = json.dumps(document, ensure_ascii=False)
    escaped = _ESCAPED_IN_YAML.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
    return escaped.encode("utf-8", "replace")


def _namespace(path: str) -> str:
    return path.partition("/namespaces/")[2].partition("/")[0]


def _message(text: bytes) -> str:
    try:
        return str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        return text[:200].decode(errors="replace")
