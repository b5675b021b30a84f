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
)
from openstack_clustering.reply import Reply, clean

# urllib3 says so where it could not connect, so that nothing was sent.
_NOT_SENT = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.NameResolutionError,
    urllib3.exceptions.SSLError,
    urllib3.exceptions.ProxyError,
    urllib3.exceptions.LocationParseError,
    requests.exceptions.ConnectTimeout,
    requests.exceptions.SSLError,
    requests.exceptions.ProxyError,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
)


def of_request(error: Exception, what: str) -> ConnectFailure:
    """Return why there is no reply to `what`, such as "GET http://senlin:8777/v1/clusters"."""
    causes = list(_causes(error))
    sent = not any(isinstance(cause, _NOT_SENT) for cause in causes)
    kind = ConnectFailure
    if any(isinstance(cause, requests.exceptions.Timeout) for cause in causes):
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
    answer = Reply(error.response, str(error.method), error.url).error()
    if error.http_status not in (401, 403):
        answer.args = (f"Keystone at {keystone}: {answer.message}",)
        return answer
    return AuthenticationFailed(
        f"Keystone at {keystone} refuses {user}: {answer.message}",
        status=error.http_status,
        request_id=answer.request_id,
    )


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
            return f"its certificate is not trusted: {cause.verify_message}"
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            return f"TLS: {(cause.reason or 'failed').replace('_', ' ').lower()}"
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror.lower()
    if kind is RequestTimeout:
        return "no answer in time"
    if any(isinstance(cause, urllib3.exceptions.NameResolutionError) for cause in causes):
        return "the host's name is unknown"
    return "the connection broke"
