"""Map exceptions of keystoneauth1 and requests to our own.

Their messages contain the whole URL, which may be a webhook's, and do not say whether the request
was sent. The chain of their causes does.
"""

import ssl
from collections.abc import Iterator

import requests
import urllib3
from keystoneauth1 import exceptions as keystone_exceptions

from openstack_clustering._exchange import UnacceptableReply
from openstack_clustering._reply import Reply, sanitize
from openstack_clustering.exceptions import (
    AuthenticationFailed,
    ClientException,
    ConfigException,
    ConnectFailure,
    HttpError,
    InvalidResponse,
    RequestTimeout,
    ServerError,
    TooManyRequests,
)

# Raised before anything is sent. Other TLS errors may be raised while the reply is read.
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
_BY_STATUS = (
    ((408,), HttpError),
    ((429,), TooManyRequests),
    (range(400, 500), AuthenticationFailed),
    (range(500, 600), ServerError),
)
_TIMEOUTS = (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError)
_NOT_A_TIMEOUT = urllib3.exceptions.NewConnectionError  # although urllib3 derives it from one


def of_request(error: Exception, request: str, url: str | None) -> ConnectFailure | InvalidResponse:
    """Return the exception for a request without a reply.

    Args:
        error: What was raised instead.
        request: Begins the message, such as "GET http://senlin:8777/v1/clusters".
        url: The address in it; None: nobody may see it.
    """
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, UnacceptableReply):
            return InvalidResponse(f"{request}: {cause}.", status=cause.status, url=url)
    sent = not any(isinstance(cause, _NOT_SENT) for cause in causes)
    kind = ConnectFailure
    if any(isinstance(e, _TIMEOUTS) and not isinstance(e, _NOT_A_TIMEOUT) for e in causes):
        kind = RequestTimeout
    return kind(f"{request}: {_reason(causes, kind)}.", sent=sent)


def of_login(error: Exception, keystone: str, user: str) -> ClientException:
    """Return the exception for a failed login of the user to Keystone."""
    match error:
        case keystone_exceptions.HttpError():
            return _keystone_refusal(error, keystone, user)
        case keystone_exceptions.ConnectionError():
            failure = of_request(error, f"Logging in to Keystone at {keystone}", keystone)
            if isinstance(failure, ConnectFailure):
                failure.sent = False  # the request that needs the token was not sent
            return failure
        case keystone_exceptions.InvalidResponse() | keystone_exceptions.DiscoveryFailure():
            return not_keystone(keystone)
        case _:
            return ConfigException(f"Logging in to Keystone at {keystone}: {sanitize(str(error))}")


def not_keystone(address: str) -> AuthenticationFailed:
    """Return the exception for a login to another server than Keystone, whatever it replies."""
    return AuthenticationFailed(
        f"The server at {address} is not Keystone: see the auth_url.", status=200, url=address
    )


def _keystone_refusal(error: keystone_exceptions.HttpError, keystone: str, user: str) -> HttpError:
    message, retry_after = sanitize(str(error)), None
    if error.response is not None:
        answer = Reply(error.response, str(error.method), error.url).error()
        message, retry_after = answer.message, answer.retry_after
    kind = next((kind for status, kind in _BY_STATUS if error.http_status in status), HttpError)
    verb = f"refuses {user}" if kind is AuthenticationFailed else f"answers {error.http_status}"
    if error.http_status == 404 and not _is_from_keystone(error):
        verb, message = "is not there", "404 at this auth_url, which usually ends in /v3."
    return kind(
        f"Keystone at {keystone} {verb}: {message}",
        status=error.http_status,
        request_id=error.request_id,
        retry_after=retry_after,
        url=keystone,
    )


def _is_from_keystone(refusal: keystone_exceptions.HttpError) -> bool:
    """Return whether a 404 comes from Keystone and means that the login is invalid.

    Keystone answers 404, in JSON, for a revoked token and a deleted application credential. A 404
    without JSON means a wrong auth_url.
    """
    headers = {} if refusal.response is None else refusal.response.headers
    return "json" in headers.get("Content-Type", "")


def tls_reason(error: ssl.SSLError) -> str:
    """Return OpenSSL's reason; empty for errors that Python itself raises."""
    return (getattr(error, "reason", None) or "").replace("_", " ").lower()


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield the error and, recursively, its context, cause, arguments and urllib3's `reason`."""
    pending, visited = [error], set[int]()
    while pending:
        cause = pending.pop()
        if not isinstance(cause, BaseException) or id(cause) in visited:
            continue
        visited.add(id(cause))
        yield cause
        pending += [cause.__context__, cause.__cause__, getattr(cause, "reason", None), *cause.args]


def _reason(causes: list[BaseException], kind: type[ConnectFailure]) -> str:
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
