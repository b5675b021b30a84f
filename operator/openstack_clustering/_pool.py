"""The connections of one client: a `requests` session with less CPU load and stricter TLS."""

import logging
import ssl
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from keystoneauth1.session import TCPKeepAliveAdapter
from requests.structures import CaseInsensitiveDict

from openstack_clustering import _tls as tls_context
from openstack_clustering._config import Config
from openstack_clustering._sockets import Sockets

# Sends one request (method, URL, headers, body, timeout) and returns the response, whatever its
# status. Redirects are not followed, because the token would be sent along.
Send = Callable[[str, str, Mapping[str, str], str | None, float], requests.Response]


class Pool(requests.Session):
    """Keeps connections open for `size` threads; with more threads, some reconnect each time."""

    def __init__(self, *, size: int, verify: bool, tls: ssl.SSLContext | None) -> None:
        super().__init__()
        self.verify: bool | str = verify
        self._tls = tls
        self._settings: dict[str, Any] = {}  # by host and port
        self._sockets = Sockets()
        for scheme in ("https://", "http://"):
            adapter = _Adapter(tls, self._sockets, pool_connections=4, pool_maxsize=size)
            self.mount(scheme, adapter)

    def abort(self) -> None:
        """End all exchanges in progress, and those that begin later; from any thread."""
        self._sockets.shut()

    def send_request(
        self, method: str, url: str, headers: Mapping[str, str], body: str | None, timeout: float
    ) -> requests.Response:
        """Send a request without the overhead of `Session.request`.

        That reads proxies and .netrc from the environment and quotes the URL again, each time.
        Together with keystoneauth1's part, this takes half of a request's CPU time.
        """
        request = requests.PreparedRequest()
        request.method, request.url = method, url
        request.headers = CaseInsensitiveDict(headers)
        if body is not None:
            request.body = body.encode()
            request.headers["Content-Length"] = str(len(request.body))
        response = self.get_adapter(url).send(request, timeout=timeout, **self._settings_for(url))
        response.content  # noqa: B018 - reads the body, which releases the connection
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


def via_session(session: Any) -> Send:
    """Return a function that sends through the caller's session, with all of its settings."""

    def send(
        method: str, url: str, headers: Mapping[str, str], body: str | None, timeout: float
    ) -> requests.Response:
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
    """Uses the given TLS context, if there is one, for every connection."""

    def __init__(self, tls: ssl.SSLContext | None, sockets: Sockets, **kwargs: Any) -> None:
        self._tls = tls
        self._sockets = sockets
        super().__init__(**kwargs)

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


def open_pool(config: Config, size: int) -> Pool:
    """Return a pool for the configuration; nothing is sent."""
    return Pool(size=size, verify=config.verify, tls=tls_context.context(config))
