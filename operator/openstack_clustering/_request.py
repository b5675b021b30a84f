"""One request to the clustering service: what is sent, what may be shown of it, and retries."""

import json
import re
from collections.abc import Mapping
from typing import Any

from openstack_clustering._reply import Reply, without_user
from openstack_clustering.exceptions import ConnectFailure, InvalidArgument, RequestTimeout

_RETRIABLE_STATUSES = frozenset({429, 502, 503, 504})
# The URL of a webhook follows from the id of its receiver.
_RECEIVER = re.compile(r"(/receivers/)[^/]+")
_MAX_RETRY_AFTER = 20.0  # seconds; if the server asks for more, the caller gets the error


class Request:
    """A request; retries send it again."""

    __slots__ = ("body", "headers", "listing", "method", "secret", "url")

    def __init__(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: Any = None,
        *,
        secret: bool = False,
        listing: bool = False,
    ) -> None:
        self.method = method
        self.url = url
        self.secret = secret
        self.listing = listing
        self.body = None if body is None else _as_json(body)
        self.headers = headers
        if body is not None:
            self.headers = {**headers, "Content-Type": "application/json"}

    def __str__(self) -> str:
        return f"{self.method} {self.place or 'a webhook'}"

    @property
    def place(self) -> str | None:
        """The URL without its query and a receiver's id; None if it is secret as a whole."""
        place = without_user(self.url.partition("?")[0])
        return None if self.secret else _RECEIVER.sub(r"\1…", place)

    @property
    def has_secret(self) -> bool:
        """Whether the URL, or the id of a receiver in it, is secret."""
        return self.secret or _RECEIVER.search(self.url) is not None

    def is_retriable_after_reply(self, reply: Reply) -> bool:
        """Whether the request may be sent again after this reply."""
        soon = (reply.retry_after or 0) <= _MAX_RETRY_AFTER
        return self.method == "GET" and reply.status in _RETRIABLE_STATUSES and soon

    def is_retriable_after_failure(self, error: ConnectFailure) -> bool:
        """Whether the request may be sent again after this failure."""
        if isinstance(error, RequestTimeout):
            return False  # the caller's time is used up
        return self.method == "GET" or (self.method == "DELETE" and not error.sent)


def _as_json(body: Any) -> str:
    try:
        return json.dumps(body)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidArgument(f"An argument cannot be sent as JSON: {error}.") from None
