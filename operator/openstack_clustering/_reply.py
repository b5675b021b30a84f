"""A server's reply, and the exceptions for a refusal or an invalid reply."""

import html
import json
import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from openstack_clustering.exceptions import HttpError, InvalidResponse, http_error

# Patterns of errors are compiled when they are first used, for a faster start.
# A webhook's URL is a credential: it is all that a caller needs.
_WEBHOOK = r"\S*/webhooks/\S*"
_USER = re.compile(r"(?<=://)[^/@\s]*@")  # in a URL, with a password
_TAG = r"(?si)<(script|style)\b.*?</\1>|<[^>]*>"
_BREAKS = r"\s*\n\s*"
_MESSAGE_LENGTH = 500  # characters; the rest of an HTML page is no help
_READ_LENGTH = 5000  # bytes of a body that become a message
_MAX_RETRY_AFTER = 86400.0  # seconds
_ID_LENGTH = 64  # characters; the server's own ids have at most 40
_LONE_SURROGATE = re.compile(rb"\\ud[89a-f]", re.IGNORECASE)  # or one of a pair


class Reply:
    """A reply whose JSON is parsed on access; a wrong shape raises InvalidResponse."""

    __slots__ = ("_response", "method", "url")

    def __init__(self, response: requests.Response, method: str, url: str | None) -> None:
        self._response = response
        self.method: str = method
        self.url: str | None = url

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self._response.status_code

    @property
    def request_id(self) -> str | None:
        """The id of the request in the server's log, cut at 64 characters."""
        id: str | None = self._response.headers.get("X-Openstack-Request-Id")
        return id and id[:_ID_LENGTH]

    @property
    def retry_after(self) -> float | None:
        """The seconds after which the server asks for a retry."""
        return _parse_retry_after(self._response.headers.get("Retry-After"))

    @property
    def location(self) -> str | None:
        """The URL of the action that the request started."""
        return self._response.headers.get("Location")

    def json(self) -> Any:
        """Return the parsed body; raise InvalidResponse if it is not JSON."""
        try:
            return parse(self._response.content)
        except (ValueError, RecursionError):
            raise self.invalid("no JSON") from None

    def map(self, key: str | None = None) -> dict[str, Any]:
        """Return the body, or its value under the key; raise InvalidResponse if it is no map."""
        body = self.json()
        value = body.get(key) if key is not None and isinstance(body, dict) else body
        if not isinstance(value, dict):
            raise self.invalid(f"no map `{key}`" if key else "no map")
        return value

    def maps(self, key: str) -> list[dict[str, Any]]:
        """Return the list of maps under the key; raise InvalidResponse if it is none."""
        body = self.json()
        values = body.get(key) if isinstance(body, dict) else None
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            raise self.invalid(f"no list `{key}`")
        return values

    @property
    def action_id(self) -> str | None:
        """The id of the action that the request started, or None."""
        # Senlin 16 always sends the Location header, but the id in the body only sometimes.
        if self.location and "/actions/" in self.location:
            action: object = self.location.rstrip("/").rpartition("/")[2]
        else:
            body = self._body_or_none()
            action = body.get("action") if isinstance(body, dict) else None
        return action if isinstance(action, str) and 0 < len(action) <= _ID_LENGTH else None

    def invalid(self, problem: str) -> InvalidResponse:
        """Return the exception for a reply of the wrong shape."""
        return InvalidResponse(
            f"{self.method} {self.url or 'a webhook'}: the reply ({self.status}) has {problem}.",
            status=self.status,
            request_id=self.request_id,
            method=self.method,
            url=self.url,
        )

    def error(self) -> HttpError:
        """Return the exception for a refusal."""
        body = self._body_or_none()
        kind, message = _parse_error(body)
        if not message and 300 <= self.status < 400:
            message = f"{self.method} {self.url} is redirected ({self.status}): see the catalogue."
        return http_error(
            sanitize(message or f"HTTP {self.status} without an error of OpenStack in the reply"),
            status=self.status,
            type=kind,
            details=sanitize(message or self._plain_text()),
            response=self._without_request(),
            request_id=self.request_id,
            retry_after=self.retry_after,
            method=self.method,
            url=self.url,
        )

    def _without_request(self) -> requests.Response:
        """Return the response without the request, whose headers have the token."""
        shown = requests.Response()
        shown.status_code, shown.reason = self._response.status_code, self._response.reason
        shown.headers, shown.encoding = self._response.headers, self._response.encoding
        shown._content = self._response.content
        shown.url = self.url or "a webhook"
        return shown

    def _body_or_none(self) -> Any:
        try:
            return parse(self._response.content)
        except (ValueError, RecursionError):
            return None

    def _plain_text(self) -> str:
        text = self._response.content[:_READ_LENGTH].decode("utf-8", "replace")
        return html.unescape(" ".join(re.sub(_TAG, " ", text).split()))


def parse(content: bytes) -> Any:
    """Return the document in a body of JSON, as any other program can read it.

    Senlin 16 stores and shows what is no JSON, such as NaN, and text that is no Unicode: half a
    surrogate pair. Numbers that are not finite become null, and such halves a question mark.

    Raises:
        ValueError: It is no JSON.
        RecursionError: It is nested too deeply.
    """
    text = content.decode(json.detect_encoding(content), "replace")
    document = json.loads(text, parse_float=_finite, parse_constant=lambda _: None)
    if _LONE_SURROGATE.search(content):
        text = json.dumps(document, ensure_ascii=False)
        document = json.loads(text.encode("utf-8", "replace"))
    return document


def sanitize(message: str) -> str:
    """Return a server's message as one short line, without webhooks, and users in URLs."""
    message = without_user(re.sub(_BREAKS, " ", message[:_READ_LENGTH].strip()))
    message = re.sub(_WEBHOOK, "<webhook>", message)
    return message if len(message) <= _MESSAGE_LENGTH else f"{message[:_MESSAGE_LENGTH]}…"


def without_user(url: str) -> str:
    """Return the URL without a user and a password in it."""
    return _USER.sub("", url)


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def _parse_error(body: Any) -> tuple[str | None, str | None]:
    """Return the type and the message in an error of Senlin or Keystone.

    While Keystone is down, keystonemiddleware answers for Senlin, without the key `error`; its
    title tells it from the JSON of others, which nobody is to see who has only named an address.
    """
    document = body if isinstance(body, dict) else {}
    error = document.get("error", document if "title" in document else None)
    if not isinstance(error, dict):
        return None, None
    kind, message = error.get("type"), error.get("message")
    return kind if isinstance(kind, str) else None, message if isinstance(message, str) else None


def _parse_retry_after(header: str | None) -> float | None:
    if not header:
        return None
    try:
        if header.strip().isdecimal():
            seconds = float(header)
        else:
            when = parsedate_to_datetime(header)
            when = when if when.tzinfo else when.replace(tzinfo=UTC)
            seconds = (when - datetime.now(UTC)).total_seconds()
    except (TypeError, ValueError, OverflowError):  # the last of a zone such as +99999999999999
        return None
    return min(max(seconds, 0.0), _MAX_RETRY_AFTER)
