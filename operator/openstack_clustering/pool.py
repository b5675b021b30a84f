"""The connections of one client: a `requests` session that is careful with CPU and with TLS."""

import logging
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from keystoneauth1.session import TCPKeepAliveAdapter
from requests.auth import AuthBase

from openstack_clustering.config import Config
from openstack_clustering.exceptions import ConfigException


class Pool(requests.Session):
    """Kept-alive connections for `size` threads; more threads work, but reconnect.

    Plain `requests` reads the environment for proxies and a .netrc for each request, which is a
    quarter of a millisecond: here proxies are looked up once for each server, and a .netrc has
    nothing to say to OpenStack.
    """

    def __init__(self, *, size: int, tls: ssl.SSLContext | None) -> None:
        super().__init__()
        self.auth = _NoNetrc()
        self._tls = tls
        self._settings: dict[str, Any] = {}
        for scheme in ("https://", "http://"):
            self.mount(scheme, _Adapter(tls, pool_connections=4, pool_maxsize=size))

    def merge_environment_settings(
        self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
    ) -> Any:
        """Return what applies to requests to the URL's server, remembered from the first one."""
        server = urlsplit(url).netloc
        settings = self._settings.get(server)
        if settings is None:
            settings = super().merge_environment_settings(url, proxies, stream, verify, cert)
            if self._tls and verify:
                settings["verify"] = True  # not REQUESTS_CA_BUNDLE: the context knows whom to trust
            self._settings[server] = settings
        return settings


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


class _NoNetrc(AuthBase):
    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


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


def tls_context(config: Config) -> ssl.SSLContext | None:
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
        return (error.reason or "it is not a PEM certificate").replace("_", " ").lower()
    return getattr(error, "strerror", None) or str(error)
