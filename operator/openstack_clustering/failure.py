"""Turn what keystoneauth1 and requests raise into our own exceptions.

Their messages name the whole URL, which may be a webhook's, and cannot say whether the request was
sent; that is read from the causes behind them.
"""

import ssl
from collections.abc import Iterator

import requests
import urllib3
from keystoneauth1 import exceptions as keystone_exceptions

from openstack_clustering.exceptions import (
    AuthenticationFailed,
    ClientException,
    ConfigException,
    ConnectFailure,
    HttpError,
    RequestTimeout,
    ServerError,
    TooManyRequests,
)
from openstack_clustering.reply import Reply, clean

# They come before anything is sent. Other TLS errors may come while the reply is read.
_NOT_SENT = (
    ssl.SSLCertVerificationError,
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.NameResolutionError,
    urllib3.exceptions.ProxyError,
    urllib3.exceptions.LocationParseError,
    requests.exceptions.ConnectTimeout,
    requests.exceptions.ProxyError,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
)
_OF_KEYSTONE = (
    ((401, 403), AuthenticationFailed),
    ((429,), TooManyRequests),
    (range(500, 600), ServerError),
)
_TIMEOUTS = (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError)
_NO_TIMEOUT = urllib3.exceptions.NewConnectionError  # though urllib3 derives it from those


def of_request(error: Exception, what: str) -> ConnectFailure:
    """Return why there is no reply to `what`, such as "GET http://senlin:8777/v1/clusters"."""
    causes = list(_causes(error))
    sent = not any(isinstance(cause, _NOT_SENT) for cause in causes)
    kind = ConnectFailure
    if any(isinstance(it, _TIMEOUTS) and not isinstance(it, _NO_TIMEOUT) for it in causes):
        kind = RequestTimeout
    return kind(f"{what}: {_why(causes, kind)}.", sent=sent)


def of_login(error: Exception, keystone: str, user: str) -> ClientException:
    """Return why there is no token; `user` says whose."""
    match error:
        case keystone_exceptions.HttpError():
            return _refusal(error, keystone, user)
        case keystone_exceptions.ConnectionError():
            refusal = of_request(error, f"Logging in to Keystone at {keystone}")
            refusal.sent = False  # the request that wanted the token was not
            return refusal
        case _:
            return ConfigException(f"Logging in to Keystone at {keystone}: {clean(str(error))}")


def _refusal(error: keystone_exceptions.HttpError, keystone: str, user: str) -> HttpError:
    message, retry_after = clean(str(error)), None
    if error.response is not None:
        answer = Reply(error.response, str(error.method), error.url).error()
        message, retry_after = answer.message, answer.retry_after
    kind = next((kind for status, kind in _OF_KEYSTONE if error.http_status in status), HttpError)
    if error.http_status == 404 and _is_keystones(error):
        kind = AuthenticationFailed
    verb = f"refuses {user}" if kind is AuthenticationFailed else f"answers {error.http_status}"
    return kind(
        f"Keystone at {keystone} {verb}: {message}",
        status=error.http_status,
        request_id=error.request_id,
        retry_after=retry_after,
    )


def _is_keystones(refusal: keystone_exceptions.HttpError) -> bool:
    """Return whether a 404 is Keystone's own.

    It says so of a token that it has revoked, and of an application credential that is no more. A
    page in the place of its JSON means a wrong auth_url. Neither is what Senlin says of an object.
    """
    headers = {} if refusal.response is None else refusal.response.headers
    return "json" in headers.get("Content-Type", "")


def tls_reason(error: ssl.SSLError) -> str:
    """Return OpenSSL's word for it; errors that Python itself raises have none."""
    return (getattr(error, "reason", None) or "").replace("_", " ").lower()


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield the error and all that it was made of: its context, and urllib3's `reason`."""
    todo, seen = [error], set[int]()
    while todo:
        cause = todo.pop()
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        todo += [cause.__context__, cause.__cause__, getattr(cause, "reason", None), *cause.args]


def _why(causes: list[BaseException], kind: type[ConnectFailure]) -> str:
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted: {getattr(cause, 'verify_message', cause)}"
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            return f"TLS: {tls_reason(cause) or 'failed'}"
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror.lower()
    if kind is RequestTimeout:
        return "no answer in time"
    if any(isinstance(cause, urllib3.exceptions.NameResolutionError) for cause in causes):
        return "the host's name is unknown"
    return "the connection broke"
