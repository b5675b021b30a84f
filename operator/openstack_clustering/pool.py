"""The connections of one client: a `requests` session that is careful with CPU and with TLS."""

import logging
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from keystoneauth1.session import TCPKeepAliveAdapter
from requests.structures import CaseInsensitiveDict

from openstack_clustering.config import Config
from openstack_clustering.exceptions import ConfigException
from openstack_clustering.failure import tls_reason

# Sends one request and returns the reply, whatever its status; a redirection is not followed,
# because the token would go with it.
Exchange = Callable[[str, str, Mapping[str, str], str | None, float], requests.Response]


class Pool(requests.Session):
    """Kept-alive connections for `size` threads; more threads work, but reconnect."""

    def __init__(self, *, size: int, verify: bool, tls: ssl.SSLContext | None) -> None:
        super().__init__()
        self.verify: bool | str = verify
        self._tls = tls
        self._settings: dict[str, Any] = {}  # by server
        for scheme in ("https://", "http://"):
            self.mount(scheme, _Adapter(tls, pool_connections=4, pool_maxsize=size))

    def exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: str | None, timeout: float
    ) -> requests.Response:
        """Send a request by the shortest way.

        `Session.request` would ask the environment for proxies and a .netrc each time and quote
        again what is quoted: with what keystoneauth1 adds, half of the CPU that a request takes.
        """
        request = requests.PreparedRequest()
        request.method, request.url = method, url
        request.headers = CaseInsensitiveDict(headers)
        if body is not None:
            request.body = body.encode()
            request.headers["Content-Length"] = str(len(request.body))
        response = self.get_adapter(url).send(request, timeout=timeout, **self._settings_for(url))
        response.content  # noqa: B018 - reads it, so that the connection is free again
        return response

    def merge_environment_settings(
        self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
    ) -> Any:
        """Return what applies to a URL's server: proxies, and whom to trust."""
        settings = super().merge_environment_settings(url, proxies, stream, verify, cert)
        if self._tls and verify:
            settings["verify"] = True  # not REQUESTS_CA_BUNDLE: the context knows whom to trust
        return settings

    def _settings_for(self, url: str) -> Any:
        server = urlsplit(url).netloc
        if server not in self._settings:
            environment = self.merge_environment_settings(url, {}, False, self.verify, None)
            self._settings[server] = environment
        return self._settings[server]


def through(session: Any) -> Exchange:
    """Return an exchange by a session that was given, with all that its owner built into it."""

    def exchange(
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
            log=False,  # it would log bodies: webhooks' URLs, admin_pass
            connect_retries=0,
        )
        return response

    return exchange


class _HideWebhooks(logging.Filter):
    """Keeps the URLs of webhooks, which are credentials, out of urllib3's log of requests."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every line pass, but without what a webhook's path says."""
        if isinstance(record.args, tuple):
            record.args = tuple(map(_without_webhook, record.args))
        return True


def _without_webhook(value: object) -> object:
    return "<webhook>" if isinstance(value, str) and "/webhooks/" in value else value


logging.getLogger("urllib3.connectionpool").addFilter(_HideWebhooks())


class _Adapter(TCPKeepAliveAdapter):  # type: ignore[misc]  # keystoneauth1 is not followed
    """Uses our own TLS settings, if there are any, for every connection."""

    def __init__(self, tls: ssl.SSLContext | None, **kwargs: Any) -> None:
        self._tls = tls
        super().__init__(**kwargs)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        if self._tls:
            kwargs["ssl_context"] = self._tls
        super().init_poolmanager(*args, **kwargs)

    def proxy_manager_for(self, proxy: Any, **kwargs: Any) -> Any:
        if self._tls:
            kwargs["ssl_context"] = self._tls
        return super().proxy_manager_for(proxy, **kwargs)

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        # requests would add its own authorities to those of the context: a private authority in
        # `cacert` is meant to be the only one.
        if not self._tls:
            super().cert_verify(conn, url, verify, cert)


def open_pool(config: Config, size: int) -> Pool:
    """Return a pool with the TLS settings of the configuration; nothing is sent."""
    return Pool(size=size, verify=config.verify, tls=_tls_context(config))


def _tls_context(config: Config) -> ssl.SSLContext | None:
    """Return the TLS settings for `cacert`, `cert` and `key`; None where the defaults will do."""
    if not config.cert and not (config.cacert and config.verify):
        return None
    context = _trusting(config.cacert) if config.cacert and config.verify else _default(config)
    if config.cert:
        try:
            context.load_cert_chain(config.cert, config.key)
        except (OSError, ssl.SSLError) as error:
            raise ConfigException(
                f"The client certificate {config.cert} cannot be used: {_reason(error)}."
            ) from error
    return context


def _default(config: Config) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=requests.utils.DEFAULT_CA_BUNDLE_PATH)
    if not config.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _trusting(cacert: str) -> ssl.SSLContext:
    is_text = cacert.lstrip().startswith("-----BEGIN")
    try:
        if is_text:
            context = ssl.create_default_context(cadata=cacert)
        elif Path(cacert).is_dir():
            return ssl.create_default_context(capath=cacert)  # read when it is needed
        else:
            context = ssl.create_default_context(cafile=cacert)
    except (OSError, ssl.SSLError, ValueError) as error:
        source = "The PEM text of `cacert`" if is_text else f"The `cacert` {cacert}"
        raise ConfigException(f"{source} cannot be used: {_reason(error)}.") from error
    return context


def _reason(error: Exception) -> str:
    """Return why, without the file's content."""
    if isinstance(error, ssl.SSLError):
        return tls_reason(error) or "it is not a PEM certificate"
    return getattr(error, "strerror", None) or str(error)
