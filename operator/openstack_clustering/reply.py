"""What a server answered, and what is wrong with it."""

import html
import json
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from openstack_clustering.exceptions import HttpError, InvalidResponse, http_error

# A webhook's URL is a credential: who knows it can trigger it.
_WEBHOOK = re.compile(r"\S*/webhooks/\S*")
_TAG = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_BREAKS = re.compile(r"\s*\n\s*")
_MESSAGE_LENGTH = 500  # characters; an HTML page in a message helps nobody
_READ_LENGTH = 5000  # bytes of such a page that are looked at


class Reply:
    """A reply: parsed when it is asked for, refused when it is of the wrong shape."""

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
        """What to look for in the server's log."""
        return self._response.headers.get("X-Openstack-Request-Id")

    @property
    def retry_after(self) -> float | None:
        """Seconds after which the server wants to be asked again."""
        return _seconds(self._response.headers.get("Retry-After"))

    @property
    def location(self) -> str | None:
        """Where the action is that this request has started."""
        return self._response.headers.get("Location")

    def json(self) -> Any:
        """Return the body, parsed; InvalidResponse if it is no JSON."""
        try:
            return json.loads(self._response.content)
        except (ValueError, RecursionError):
            raise self.invalid("no JSON") from None

    def map(self, key: str | None = None) -> dict[str, Any]:
        """Return the body, or what stands under the key; InvalidResponse if it is no map."""
        body = self.json()
        value = body.get(key) if key is not None and isinstance(body, dict) else body
        if not isinstance(value, dict):
            raise self.invalid(f"no map `{key}`" if key else "no map")
        return value

    def maps(self, key: str) -> list[dict[str, Any]]:
        """Return the list of maps under the key; InvalidResponse if it is none."""
        body = self.json()
        values = body.get(key) if isinstance(body, dict) else None
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            raise self.invalid(f"no list `{key}`")
        return values

    @property
    def action_id(self) -> str | None:
        """The id of the action that this request has started, if it has."""
        # The header is the only place where Senlin 16 always puts it.
        if self.location and "/actions/" in self.location:
            return self.location.rstrip("/").rpartition("/")[2] or None
        body = self._body_or_none()
        action = body.get("action") if isinstance(body, dict) else None
        return action if isinstance(action, str) else None

    def invalid(self, what: str) -> InvalidResponse:
        """Return the exception for a reply that is of the wrong shape."""
        return InvalidResponse(
            f"{self.method} {self.url or 'a webhook'}: the reply ({self.status}) has {what}.",
            status=self.status,
            request_id=self.request_id,
            method=self.method,
            url=self.url,
        )

    def error(self) -> HttpError:
        """Return the exception for a reply that refuses the request."""
        body = self._body_or_none()
        kind, message = _senlin(body)
        if not message and 300 <= self.status < 400:
            message = f"{self.method} {self.url} is redirected ({self.status}): see the catalogue."
        return http_error(
            clean(message or self._plain_text() or f"HTTP {self.status} {self._response.reason}"),
            status=self.status,
            type=kind,
            request_id=self.request_id,
            retry_after=self.retry_after,
            method=self.method,
            url=self.url,
        )

    def _body_or_none(self) -> Any:
        try:
            return json.loads(self._response.content)
        except (ValueError, RecursionError):
            return None

    def _plain_text(self) -> str:
        text = self._response.content[:_READ_LENGTH].decode("utf-8", "replace")
        return html.unescape(" ".join(_TAG.sub(" ", text).split()))


def clean(message: str) -> str:
    """Return a server's message fit for logs: a line, bounded, and without a webhook's URL."""
    message = _WEBHOOK.sub("<webhook>", _BREAKS.sub(" ", message[:_READ_LENGTH].strip()))
    return message if len(message) <= _MESSAGE_LENGTH else f"{message[:_MESSAGE_LENGTH]}…"


def _senlin(body: Any) -> tuple[str | None, str | None]:
    """Return the type and the message out of Senlin's or Keystone's error body.

    Where Keystone is away, the words are those of the filter in front of Senlin, without `error`.
    """
    error = body.get("error", body) if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return None, None
    kind, message = error.get("type"), error.get("message")
    return kind if isinstance(kind, str) else None, message if isinstance(message, str) else None


def _seconds(header: str | None) -> float | None:
    if not header:
        return None
    if header.strip().isdecimal():
        return float(header)
    try:
        when = parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())
