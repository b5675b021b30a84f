"""The connections of one client: a `requests` session with less CPU load and stricter TLS."""

import logging
import ssl
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol
from urllib.parse import urljoin, urlsplit

import requests
from keystoneauth1.session import TCPKeepAliveAdapter
from requests.structures import CaseInsensitiveDict

from openstack_clustering._config import Config
from openstack_clustering._exchange import ENCODING, Exchange, Guard, Limits, limited
from openstack_clustering._sockets import Sockets
from openstack_clustering.exceptions import ConfigException


class Send(Protocol):
    """Sends one request, and returns the response, whatever its status.

    Redirects are not followed, because the token would be sent along.
    """

    def __call__(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: str | None,
        *,
        listing: bool = False,
        before_send: Callable[[], None] | None = None,
    ) -> requests.Response:
        """Send it; `before_send` is called when the connection stands, and may raise."""


class Pool(requests.Session):
    """Keeps connections open for `size` threads; with more threads, some reconnect each time."""

    def __init__(
        self, *, size: int, verify: bool, tls: ssl.SSLContext | None, limits: Limits
    ) -> None:
        super().__init__()
        self.verify: bool | str = verify
        self.headers["Accept-Encoding"] = ENCODING
        self._tls = tls
        self._settings: dict[str, Any] = {}  # by host and port
        self._sockets = Sockets()
        self._adapter = _Adapter(tls, limits, self._sockets, pool_connections=4, pool_maxsize=size)
        for scheme in ("https://", "http://"):
            self.mount(scheme, self._adapter)

    def abort(self) -> None:
        """End all exchanges in progress, and those that begin later; from any thread."""
        self._sockets.shut()

    def send_request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: str | None,
        *,
        listing: bool = False,
        before_send: Callable[[], None] | None = None,
    ) -> requests.Response:
        """Send a request without the overhead of `Session.request`.

        That reads proxies and .netrc from the environment and quotes the URL again, each time.
        Together with keystoneauth1's part, this takes half of a request's CPU time.
        """
        request = requests.PreparedRequest()
        request.method, request.url = method, url
        request.headers = CaseInsensitiveDict(headers)
        request.headers["Accept-Encoding"] = ENCODING
        if body is not None:
            request.body = body.encode()
            request.headers["Content-Length"] = str(len(request.body))
        self.get_adapter(url)  # raises if the URL has another scheme
        return self._adapter.exchange(
            request, listing=listing, before_send=before_send, **self._settings_for(url)
        )

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send a request of keystoneauth1, which repeats it wherever a redirect leads.

        Raises:
            ConfigException: Its password or token would go to another server, or in the clear.
        """
        response = super().send(request, **kwargs)
        if response.is_redirect and not _is_same_server(str(request.url), response):
            origin = urlsplit(str(request.url))
            raise ConfigException(
                f"The server at {origin.scheme}://{origin.hostname} redirects to another server, "
                "which is not followed: the address of that server is needed instead."
            )
        return response

    def merge_environment_settings(
        self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
    ) -> Any:
        """Return the proxies and the TLS settings for a URL."""
        settings = super().merge_environment_settings(url, proxies, stream, verify, cert)
        if self._tls and verify:
            settings["verify"] = True  # not REQUESTS_CA_BUNDLE: the context has the authorities
        return settings

    def _settings_for(self, url: str) -> Any:
        server = urlsplit(url).netloc
        if server not in self._settings:
            environment = self.merge_environment_settings(url, {}, False, self.verify, None)
            self._settings[server] = environment
        return self._settings[server]


def _is_same_server(url: str, response: requests.Response) -> bool:
    """Return whether a redirect stays at the server, or leads to its HTTPS address."""
    origin, target = urlsplit(url), urlsplit(urljoin(url, response.headers["location"]))
    if (origin.scheme, target.scheme) == ("http", "https"):
        return origin.hostname == target.hostname
    return (origin.scheme, origin.netloc) == (target.scheme, target.netloc)


def via_session(session: Any, timeout: float) -> Send:
    """Return a function that sends through the caller's session, with all of its settings."""

    def send(
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: str | None,
        *,
        listing: bool = False,
        before_send: Callable[[], None] | None = None,
    ) -> requests.Response:
        if before_send:
            before_send()
        response: requests.Response = session.request(
            url,
            method,
            headers=headers,
            data=body,
            timeout=timeout,
            authenticated=False,  # the token is in the headers
            redirect=False,
            raise_exc=False,
            log=False,  # keystoneauth1 logs bodies, with webhook URLs and admin_pass
            connect_retries=0,
        )
        return response

    return send


class _HideWebhooks(logging.Filter):
    """Removes the URLs of webhooks, which are credentials, from urllib3's log of requests."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Replace webhook paths in the record, and keep it."""
        if isinstance(record.args, tuple):
            record.args = tuple(map(_hide_webhook, record.args))
        return True


def _hide_webhook(value: object) -> object:
    return "<webhook>" if isinstance(value, str) and "/webhooks/" in value else value


logging.getLogger("urllib3.connectionpool").addFilter(_HideWebhooks())


class _Adapter(TCPKeepAliveAdapter):  # type: ignore[misc]  # keystoneauth1 has no types
    """Holds all requests to the limits; uses the given TLS context, if there is one."""

    def __init__(
        self, tls: ssl.SSLContext | None, limits: Limits, sockets: Sockets, **kwargs: Any
    ) -> None:
        self._tls = tls
        self._limits = limits
        self._sockets = sockets
        super().__init__(**kwargs)

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | None = None,
        **settings: Any,
    ) -> requests.Response:
        """Send a request of keystoneauth1; what it reads may be a list of another service."""
        return self.exchange(request, timeout, listing=request.method == "GET", **settings)

    def exchange(
        self,
        request: requests.PreparedRequest,
        timeout: float | None = None,
        *,
        listing: bool,
        before_send: Callable[[], None] | None = None,
        **settings: Any,
    ) -> requests.Response:
        """Send a request, and read its whole reply within the limits."""
        limits = self._limits
        seconds = timeout or limits.timeout
        limit = limits.list if listing else limits.reply
        connect = min(limits.connect_timeout or seconds, seconds)
        exchange = Exchange(
            time.monotonic() + seconds,
            limit,
            limits.connect_timeout,
            limits.guard,
            before_send,
            limits.reply_guard,
        )
        if limits.guard and (proxies := settings.get("proxies")):
            _ask_for_proxy(limits.guard, str(request.url), proxies)
        with limited(exchange):
            response: requests.Response = super().send(
                request, timeout=(connect, seconds), **settings
            )
            response._content = exchange.read(response)  # as `content` would do, but for the limit
        return response

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        if self._tls:
            kwargs["ssl_context"] = self._tls
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._sockets.pools

    def proxy_manager_for(self, proxy: Any, **kwargs: Any) -> Any:
        if self._tls:
            kwargs["ssl_context"] = self._tls
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = self._sockets.pools
        return manager

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        # requests would add its own authorities to the context, but a private authority in `cacert`
        # is meant to be the only one.
        if not self._tls:
            super().cert_verify(conn, url, verify, cert)


def _ask_for_proxy(guard: Guard, url: str, proxies: Mapping[str, str]) -> None:
    """Ask the guard about a host that a proxy would connect to."""
    if requests.utils.select_proxy(url, proxies):
        target = urlsplit(url)
        port = target.port or (443 if target.scheme == "https" else 80)
        guard(target.hostname or "", None, port)


def open_pool(config: Config, size: int, limits: Limits) -> Pool:
    """Return a pool for the configuration; nothing is sent."""
    tls = config.tls
    if tls is None and (config.cert or config.cacert):
        from openstack_clustering._tls import context  # most configurations need none

        tls = context(config)
    return Pool(size=size, verify=config.verify, tls=tls, limits=limits)
