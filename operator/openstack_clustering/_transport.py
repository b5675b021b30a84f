"""Sends all requests to the clustering service.

`Transport.request` has one layer for each concern: retries, one new login after a 401, the sending
itself. All methods may be called from many threads.
"""

import copy
import logging
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import urlencode

import urllib3
from keystoneauth1 import exceptions as keystone_exceptions

from openstack_clustering import _microversion as microversion
from openstack_clustering._auth import describe_user
from openstack_clustering._microversion import Microversion
from openstack_clustering._pool import Send
from openstack_clustering._reply import Reply, without_user
from openstack_clustering._request import Request
from openstack_clustering.exceptions import (
    ClientException,
    ConfigException,
    ConnectFailure,
    EndpointNotFound,
    Forbidden,
    HttpError,
    ServerError,
    TooManyRequests,
    Unauthorized,
)

_log = logging.getLogger("openstack_clustering.transport")  # a public name: docs/client.md


class Sent(NamedTuple):
    """One sent request and its result, for `after_request`."""

    method: str
    place: str  # the URL without its query and a receiver's id; "a webhook" instead of a webhook's
    seconds: float
    status: int | None = None  # None: there was no reply
    request_id: str | None = None

    def __str__(self) -> str:
        milliseconds = self.seconds * 1000
        answer = self.status or "no reply"
        return f"{self.method} {self.place}: {answer} in {milliseconds:.0f} ms ({self.request_id})"


Query = Mapping[str, str | Sequence[str]]


class Transport:
    """A Keystone session, and the clustering endpoint from its catalogue."""

    def __init__(
        self,
        session: Any,
        send: Send,
        *,
        user_agent: str,
        interface: str | list[str] = "public",
        region_name: str | None = None,
        endpoint_override: str | None = None,
        default_microversion: str | None = None,
        retries: int = 2,
        region_required: bool = False,
        before_request: Callable[[str], None] | None = None,
        after_request: Callable[["Sent"], None] | None = None,
    ) -> None:
        self._session = session
        self._send = send
        self._default_headers = {"Accept": "application/json", "User-Agent": user_agent}
        self._interface = interface
        self._region_name = region_name
        self._endpoint_override = endpoint_override
        self._default_microversion = default_microversion
        self._retries = retries
        self._region_required = region_required
        self._before_request = before_request
        self._after_request = after_request
        self._lock = threading.RLock()
        self._service: _Service | None = None
        self._failed_login: _FailedLogin | None = None

    def endpoint(self) -> str:
        """Return the clustering service's URL from the catalogue; this asks Keystone only.

        Raises:
            EndpointNotFound: The catalogue has none for this interface and region.
        """
        if self._endpoint_override:
            return self._endpoint_override
        self._auth_headers()
        try:
            if self._region_required and not self._region_name:
                self._require_one_region()
            url = self._session.get_endpoint(
                service_type="clustering",
                interface=self._interface,
                region_name=self._region_name,
            )
        except keystone_exceptions.CatalogException:
            url = None
        except (ClientException, keystone_exceptions.ClientException, *_NOT_KEYSTONE) as error:
            raise self._login_failure(error) from error
        if not url:
            scope = "" if self._session.get_project_id() else "; the login names no project"
            # The catalogue belongs to the token: a service that is added later needs a new token.
            self._session.invalidate()
            several = isinstance(self._interface, list)
            interface = " or ".join(self._interface) if several else self._interface
            region = f"region {self._region_name}" if self._region_name else "any region"
            raise EndpointNotFound(
                f"Keystone at {self._keystone()} lists no clustering service for "
                f"{describe_user(self._session.auth)} "
                f"(interface {interface}, {region}{scope})."
            )
        return str(url)

    def _require_one_region(self) -> None:
        """Raise ConfigException if the catalogue offers a choice that nobody has made."""
        auth = self._session.auth
        if not hasattr(auth, "get_access"):  # a plugin without a catalogue
            return
        catalog = auth.get_access(self._session).service_catalog
        found = catalog.get_endpoints_data(service_type="clustering", interface=self._interface)
        regions = {str(it.region_name) for of_type in found.values() for it in of_type}
        if len(regions) > 1:
            raise ConfigException(
                "The session's catalogue has clustering services in several regions: "
                f"{', '.join(sorted(regions))}. Give the one to use as region_name."
            )

    def token(self) -> str:
        """Return a token for the project; log in if there is none."""
        return str(self._auth_headers().get("X-Auth-Token", ""))

    def service_url(self) -> str:
        """Return the service's URL, with the version of the API."""
        return self._discovered_service().url

    @property
    def default_microversion(self) -> str | None:
        """The configured microversion; None: the highest that client and server support."""
        return self._default_microversion

    @default_microversion.setter
    def default_microversion(self, version: str | None) -> None:
        with self._lock:
            self._default_microversion = version
            self._service = None

    def negotiated_microversion(self) -> Microversion:
        """Return the microversion of all requests; the first call asks the server."""
        return self._discovered_service().microversion

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: Any = None,
        listing: bool = False,
    ) -> Reply:
        """Send a request and return its reply.

        Args:
            method: GET may be retried after any failure, DELETE only if it was not sent, other
                methods never.
            path: Below `/v1`, such as `/clusters`; already quoted.
            query: Parameters; a list becomes a repeated parameter.
            body: Sent as JSON; None sends no body.
            listing: The reply is a list, and may be as large as one.

        Raises:
            HttpError: The server refused the request, or its reply is too large.
            ConnectFailure: There was no reply.
        """
        service = self._discovered_service()
        suffix = f"{path}?{urlencode(query, doseq=True)}" if query else path
        request = Request(method, f"{service.url}{suffix}", service.headers, body, listing=listing)
        try:
            reply = self._send_handling_retries(request)
        except ConnectFailure as error:
            if not error.sent:
                self._service = None  # it may have moved: the next request looks it up again
            raise
        if reply.status >= 300:
            raise reply.error()
        return reply

    def request_without_token(self, method: str, url: str, body: Any = None) -> Reply:
        """Send a request without a token to a webhook, whose URL is itself a secret."""
        reply = self._send_single(Request(method, url, {}, body, secret=True), None)
        if reply.status >= 300:
            raise reply.error()
        return reply

    def _send_handling_retries(self, request: Request) -> Reply:
        for retry in range(self._retries):
            try:
                reply = self._send_handling_auth(request)
                if not request.is_retriable_after_reply(reply):
                    return reply
                delay = _backoff(retry, reply.retry_after)
            except ConnectFailure as error:
                if not request.is_retriable_after_failure(error):
                    raise
                delay = _backoff(retry)
            _log.debug("%s is retried in %.1f s", request, delay)
            time.sleep(delay)
        return self._send_handling_auth(request)

    def _send_handling_auth(self, request: Request) -> Reply:
        headers = self._auth_headers()
        reply = self._send_single(request, headers)
        if reply.status != 401:
            return reply
        renewed = self._auth_headers(rejected=headers)
        return reply if renewed == headers else self._send_single(request, renewed)

    def _send_single(self, request: Request, auth_headers: Mapping[str, str] | None) -> Reply:
        headers = {**self._default_headers, **request.headers, **(auth_headers or {})}
        before_send = self._before_request and partial(self._before_request, request.method)
        started = time.monotonic()
        try:
            response = self._send(
                request.method,
                request.url,
                headers,
                request.body,
                listing=request.listing,
                before_send=before_send,
            )
        except (keystone_exceptions.ClientException, *_NO_REPLY) as error:
            from openstack_clustering import _failure as failure  # only failures need it

            self._report(request, started)
            failed = failure.of_request(error, str(request), request.place)
            raise failed from (None if request.has_secret else error)
        reply = Reply(response, request.method, request.place)
        self._report(request, started, reply)
        return reply

    def _report(self, request: Request, started: float, reply: Reply | None = None) -> None:
        if self._after_request is None and not _log.isEnabledFor(logging.DEBUG):
            return
        status, request_id = (reply.status, reply.request_id) if reply else (None, None)
        seconds = time.monotonic() - started
        sent = Sent(request.method, request.place or "a webhook", seconds, status, request_id)
        _log.debug("%s", sent)
        if self._after_request:
            self._after_request(sent)

    def _auth_headers(self, rejected: Mapping[str, str] | None = None) -> Mapping[str, str]:
        """Return the header with a token; log in if there is none or Senlin rejected this one.

        One thread logs in at a time, and a failed login counts for several threads: for those that
        waited for the lock meanwhile, and for those whose requests had the same rejected token and
        return later. So a wrong password is tried once, not once for each thread.
        """
        started = time.monotonic()
        with self._lock:
            if self._failed_login and self._failed_login.counts_for(started, rejected):
                raise copy.copy(self._failed_login.error) from self._failed_login.error
            try:
                headers = self._session.get_auth_headers()
                is_rejected = rejected is not None and headers == rejected
                if is_rejected and self._session.invalidate():
                    headers = self._session.get_auth_headers()
            except (ClientException, keystone_exceptions.ClientException, *_NOT_KEYSTONE) as error:
                failed = self._login_failure(error)
                self._failed_login = _FailedLogin(time.monotonic(), failed, rejected)
                raise failed from error
        return headers or {}

    def _login_failure(self, error: Exception) -> ClientException:
        from openstack_clustering import _failure as failure  # only failures need it

        keystone = self._keystone()
        if isinstance(error, ClientException):
            return error
        if isinstance(error, _NOT_KEYSTONE):
            return failure.not_keystone(keystone)
        return failure.of_login(error, keystone, describe_user(self._session.auth))

    def _keystone(self) -> str:
        return without_user(getattr(self._session.auth, "auth_url", None) or "an unknown address")

    def _discovered_service(self) -> "_Service":
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
        # Senlin needs no token for `/v1`, but one for `/v1/`; it may redirect a path without `/`.
        url = endpoint if endpoint != root else f"{root}/"
        reply = self._send_handling_retries(Request("GET", url, {}))
        if reply.status not in (200, 300):  # 300, "multiple choices": a list of versions
            raise _discovery_error(reply)
        version = microversion.negotiate(
            reply.json(), self._default_microversion, without_user(url)
        )
        return _Service(f"{root}/v1", version)


class _Service:
    """The service's URL and the negotiated microversion."""

    __slots__ = ("headers", "microversion", "url")

    def __init__(self, url: str, version: Microversion) -> None:
        self.url = url
        self.microversion = version
        self.headers = {"OpenStack-API-Version": f"clustering {microversion.to_text(version)}"}


class _FailedLogin(NamedTuple):
    at: float
    error: ClientException
    rejected: Mapping[str, str] | None  # the header with the token that it should have replaced

    def counts_for(self, started: float, rejected: Mapping[str, str] | None) -> bool:
        """Return whether another thread, which needs a token too, shares this failure."""
        return self.at >= started or (rejected is not None and self.rejected == rejected)


# OSError includes requests' exceptions; ValueError is an invalid address.
_NO_REPLY = (OSError, ValueError, urllib3.exceptions.HTTPError)
# keystoneauth1 raises these when another server than Keystone answers; the last one if that is JSON
# which is nested deeply.
_NOT_KEYSTONE = (
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    AssertionError,
    RecursionError,
)


def _discovery_error(reply: Reply) -> HttpError:
    """Return the exception for a failed discovery; a 404 does not mean a missing object."""
    refusal = reply.error()
    if isinstance(refusal, Unauthorized | Forbidden | TooManyRequests | ServerError):
        return refusal
    return reply.invalid("no versions of a clustering service")


def _backoff(retry: int, retry_after: float | None = None) -> float:
    """Return the seconds to wait: Retry-After, or 0.25 to 0.5 s, doubled with each retry."""
    if retry_after is not None:
        return retry_after
    return 0.5 * float(2**retry) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not secrecy
