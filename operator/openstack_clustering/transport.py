"""The one place that sends requests to the clustering service.

`Transport.request` peels off one concern after the other: repeat what is safe to repeat, log in
again once after a 401, send. All methods may be called from many threads.
"""

import copy
import json
import logging
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

import urllib3
from keystoneauth1 import exceptions as keystone_exceptions

from openstack_clustering import failure, microversion
from openstack_clustering.auth import who
from openstack_clustering.exceptions import (
    ClientException,
    ConnectFailure,
    EndpointNotFound,
    Forbidden,
    HttpError,
    InvalidResponse,
    RequestTimeout,
    ServerError,
    TooManyRequests,
    Unauthorized,
)
from openstack_clustering.microversion import Microversion
from openstack_clustering.pool import Exchange
from openstack_clustering.reply import Reply

_log = logging.getLogger(__name__)


class Sent(NamedTuple):
    """A request that was sent, and what came back."""

    method: str
    place: str  # the URL without its query, and without what is secret in it
    seconds: float
    status: int | None = None  # None: there was no reply
    request_id: str | None = None

    def __str__(self) -> str:
        milliseconds = self.seconds * 1000
        answer = self.status or "no reply"
        return f"{self.method} {self.place}: {answer} in {milliseconds:.0f} ms ({self.request_id})"


Query = Mapping[str, str | Sequence[str]]

_TRY_LATER = frozenset({429, 502, 503, 504})
_LONGEST_PAUSE = 20.0  # seconds; a server that asks for more is told of to the caller


class Transport:
    """A session with Keystone, and the clustering endpoint that its catalogue names."""

    def __init__(
        self,
        session: Any,
        exchange: Exchange,
        *,
        user_agent: str,
        timeout: float,
        interface: str = "public",
        region_name: str | None = None,
        endpoint_override: str | None = None,
        wanted_microversion: str | None = None,
        retries: int = 2,
        before_request: Callable[[str], None] | None = None,
        after_request: Callable[["Sent"], None] | None = None,
    ) -> None:
        self._session = session
        self._exchange = exchange
        self._always = {"Accept": "application/json", "User-Agent": user_agent}
        self._timeout = timeout
        self._interface = interface
        self._region_name = region_name
        self._endpoint_override = endpoint_override
        self._wanted_microversion = wanted_microversion
        self._retries = retries
        self._before_request = before_request
        self._after_request = after_request
        self._lock = threading.RLock()
        self._service: _Service | None = None
        self._refusal: _Refusal | None = None

    def endpoint(self) -> str:
        """Return the clustering service's URL as the catalogue has it; asks Keystone only.

        Raises:
            EndpointNotFound: There is none for this interface and region.
        """
        if self._endpoint_override:
            return self._endpoint_override
        self._token()
        try:
            url = self._session.get_endpoint(
                service_type="clustering",
                interface=self._interface,
                region_name=self._region_name,
            )
        except keystone_exceptions.CatalogException:
            url = None
        except (keystone_exceptions.ClientException, *_NOT_A_TOKEN) as error:
            raise self._login_failure(error) from error
        if not url:
            self._session.invalidate()  # the catalogue came with the token: next time, a new one
            region = f"region {self._region_name}" if self._region_name else "any region"
            raise EndpointNotFound(
                f"Keystone at {self._keystone()} lists no clustering service for "
                f"{who(self._session.auth)} (interface {self._interface}, {region})."
            )
        return str(url)

    def agreed_microversion(self) -> Microversion:
        """Return the microversion that requests ask for; the first call asks the server."""
        return self._discovered().microversion

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: Any = None,
    ) -> Reply:
        """Send a request and return the reply to it.

        Args:
            method: GET may be repeated after a failure, DELETE if it never left, others never.
            path: Below `/v1`, such as `/clusters`; quoted already.
            query: Parameters; a list repeats its parameter.
            body: Becomes JSON; None sends no body.

        Raises:
            HttpError: The server refused.
            ConnectFailure: There was no reply.
        """
        service = self._discovered()
        suffix = f"{path}?{urlencode(query, doseq=True)}" if query else path
        call = _Call(method, f"{service.url}{suffix}", service.headers, body)
        try:
            reply = self._repeat(call)
        except ConnectFailure as error:
            if not error.sent:
                self._service = None  # it may have moved: look it up again next time
            raise
        if reply.status >= 300:
            raise reply.error()
        return reply

    def open_request(self, method: str, url: str, body: Any = None) -> Reply:
        """Send a request without a token to a URL that is a secret in itself, a webhook's."""
        call = _Call(method, url, {}, body, secret=True)
        reply = self._send(call, None)
        if reply.status >= 300:
            raise reply.error()
        return reply

    def _repeat(self, call: "_Call") -> Reply:
        for attempt in range(self._retries):
            try:
                reply = self._with_token(call)
                if not call.may_follow_reply(reply):
                    return reply
                pause = _pause(attempt, reply.retry_after)
            except ConnectFailure as error:
                if not call.may_follow_failure(error):
                    raise
                pause = _pause(attempt)
            _log.debug("%s is repeated in %.1f s", call, pause)
            time.sleep(pause)
        return self._with_token(call)

    def _with_token(self, call: "_Call") -> Reply:
        token = self._token()
        reply = self._send(call, token)
        if reply.status != 401:
            return reply
        renewed = self._token(instead_of=token)
        return reply if renewed == token else self._send(call, renewed)

    def _send(self, call: "_Call", token: Mapping[str, str] | None) -> Reply:
        headers = {**self._always, **call.headers, **(token or {})}
        if self._before_request:
            self._before_request(call.method)
        started = time.monotonic()
        try:
            response = self._exchange(call.method, call.url, headers, call.body, self._timeout)
        except (keystone_exceptions.ClientException, *_NO_REPLY) as error:
            self._tell(call, started)
            raise failure.of_request(error, str(call)) from (None if call.secret else error)
        reply = Reply(response, call.method, call.place)
        self._tell(call, started, reply)
        return reply

    def _tell(self, call: "_Call", started: float, reply: Reply | None = None) -> None:
        if self._after_request is None and not _log.isEnabledFor(logging.DEBUG):
            return
        status, request_id = (reply.status, reply.request_id) if reply else (None, None)
        seconds = time.monotonic() - started
        sent = Sent(call.method, call.place or "a webhook", seconds, status, request_id)
        _log.debug("%s", sent)
        if self._after_request:
            self._after_request(sent)

    def _token(self, instead_of: Mapping[str, str] | None = None) -> Mapping[str, str]:
        """Return the header with a valid token, fetched if there is none or it was refused.

        One thread logs in at a time. Those that waited meanwhile share its outcome, and so do those
        whose requests left with the same token and come back later: a wrong password is tried once
        and not once for each thread.
        """
        asked = time.monotonic()
        with self._lock:
            if self._refusal and self._refusal.answers(asked, instead_of):
                raise copy.copy(self._refusal.error) from self._refusal.error
            try:
                headers = self._session.get_auth_headers()
                refused = instead_of is not None and headers == instead_of
                if refused and self._session.invalidate():
                    headers = self._session.get_auth_headers()
            except (keystone_exceptions.ClientException, *_NOT_A_TOKEN) as error:
                refusal = self._login_failure(error)
                self._refusal = _Refusal(time.monotonic(), refusal, instead_of)
                raise refusal from error
        return headers or {}

    def _login_failure(self, error: Exception) -> ClientException:
        keystone = self._keystone()
        if isinstance(error, _NOT_A_TOKEN):
            return InvalidResponse(f"What answers at {keystone} is not Keystone.", status=200)
        return failure.of_login(error, keystone, who(self._session.auth))

    def _keystone(self) -> str:
        return str(getattr(self._session.auth, "auth_url", None) or "an unknown address")

    def _discovered(self) -> "_Service":
        service = self._service
        if service is not None:
            return service
        with self._lock:
            if self._service is None:
                self._service = self._discover()
            return self._service

    def _discover(self) -> "_Service":
        endpoint = self.endpoint().rstrip("/")
        root = endpoint.removesuffix("/v1")
        # `/v1` answers without a token, `/v1/` does not; a bare path may be redirected.
        url = endpoint if endpoint != root else f"{root}/"
        reply = self._repeat(_Call("GET", url, {}))
        if reply.status not in (200, 300):  # 300: "multiple choices", a list of versions
            raise _undiscovered(reply)
        version = microversion.negotiate(reply.json(), self._wanted_microversion, url)
        return _Service(f"{root}/v1", version)


class _Service:
    """Where the service is and which microversion it is asked for."""

    __slots__ = ("headers", "microversion", "url")

    def __init__(self, url: str, version: Microversion) -> None:
        self.url = url
        self.microversion = version
        self.headers = {"OpenStack-API-Version": f"clustering {microversion.show(version)}"}


class _Refusal(NamedTuple):
    """A login that was refused."""

    at: float
    error: ClientException
    instead_of: Mapping[str, str] | None  # the token that it should have replaced

    def answers(self, asked: float, instead_of: Mapping[str, str] | None) -> bool:
        """Return whether it is the answer to another wish for a token."""
        return self.at >= asked or (instead_of is not None and self.instead_of == instead_of)


class _Call:
    """One request, as often as it is sent."""

    __slots__ = ("body", "headers", "method", "secret", "url")

    def __init__(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: Any = None,
        *,
        secret: bool = False,
    ) -> None:
        self.method = method
        self.url = url
        self.secret = secret
        self.body = None if body is None else json.dumps(body)
        self.headers = headers
        if body is not None:
            self.headers = {**headers, "Content-Type": "application/json"}

    def __str__(self) -> str:
        return f"{self.method} {self.place or 'a webhook'}"

    @property
    def place(self) -> str | None:
        """The URL as far as it may be shown."""
        return None if self.secret else self.url.partition("?")[0]

    def may_follow_reply(self, reply: Reply) -> bool:
        """Whether the request may be sent again after this reply."""
        soon = (reply.retry_after or 0) <= _LONGEST_PAUSE
        return self.method == "GET" and reply.status in _TRY_LATER and soon

    def may_follow_failure(self, error: ConnectFailure) -> bool:
        """Whether the request may be sent again after this failure."""
        if isinstance(error, RequestTimeout):
            return False  # it has cost its time already
        return self.method == "GET" or (self.method == "DELETE" and not error.sent)


# ValueError: an address that cannot be one. requests' own exceptions are OSErrors.
_NO_REPLY = (OSError, ValueError, urllib3.exceptions.HTTPError)
# What keystoneauth1 stumbles over where something else than Keystone answers.
_NOT_A_TOKEN = (LookupError, TypeError, ValueError, AttributeError, AssertionError)


def _undiscovered(reply: Reply) -> HttpError:
    """Return the exception for a refusal of the versions: it says nothing of any object."""
    refusal = reply.error()
    if isinstance(refusal, Unauthorized | Forbidden | TooManyRequests | ServerError):
        return refusal
    return reply.invalid("no versions of a clustering service")


def _pause(attempt: int, retry_after: float | None = None) -> float:
    """Return the seconds to wait: what the server asks for, or 0.25 to 0.5 s, then twice that."""
    if retry_after is not None:
        return retry_after
    return 0.5 * float(2**attempt) * random.uniform(0.5, 1.0)  # noqa: S311 - spread, not secrecy
