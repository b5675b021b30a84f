"""The exceptions of the client.

::

    ClientException               the base class of all
      ConfigException             clouds.yaml, OS_* or a keyword is incomplete or contradictory
      EndpointNotFound            the catalogue has no clustering service (an AttributeError too)
      UnsupportedMicroversion     the server is too old for the operation or a parameter
      InvalidIdentity             the argument names no object at all (a ValueError too)
      InvalidArgument             an unknown keyword, or a wrong argument (a TypeError too)
      ConnectFailure              there was no reply; `sent`: whether the request may have arrived
        RequestTimeout            there was no reply in time
      HttpError                   a server refused; `status`, `type`, `message`, `request_id`
        BadRequest                400
          DuplicateResource       more than one object has that name
        Unauthorized              401 from Senlin
          AuthenticationFailed    Keystone refused the login, or is not at auth_url
        Forbidden                 403
        ResourceNotFound          404
        Conflict                  409: a lock, a running action, a cooldown, an object in use
        PreconditionFailed        412
        TooManyRequests           429; `retry_after` in seconds
        ServerError               5xx
        InvalidResponse           the reply is truncated or not Senlin's
      ResourceTimeout             a waiter's time limit has passed
      ResourceFailure             the awaited action or status has failed

No message contains a password, a token or a webhook's URL, nor the URL of a request for a receiver,
from whose id that follows.
"""

from typing import Any

import requests


class ClientException(Exception):
    """The base class of the client's exceptions.

    Attributes:
        extra_data: Whatever a caller has attached; the client itself attaches nothing.
    """

    def __init__(self, message: str | None = None, extra_data: Any = None) -> None:
        super().__init__(*(() if message is None else (message,)))
        self.extra_data = extra_data

    @property
    def message(self) -> str:
        """The message without the request id."""
        return str(self.args[0]) if self.args else type(self).__name__


class ConfigException(ClientException):
    """The configuration is incomplete or contradicts itself; nothing was sent."""


class EndpointNotFound(ClientException, AttributeError):
    """The catalogue has no clustering service for this interface and region.

    It is also an AttributeError, so that `hasattr(connection, "cluster")` is False.
    """


class UnsupportedMicroversion(ClientException):
    """The operation needs a higher microversion than this server has; it was not sent."""


class InvalidIdentity(ClientException, ValueError):
    """An argument that should name an object is no object, id or name; nothing was sent."""


class InvalidArgument(ClientException, TypeError):
    """There is no such keyword, or an argument has a wrong value; nothing was sent."""


class ConnectFailure(ClientException):
    """There was no reply from the server.

    Attributes:
        sent: False: the request was not sent, so a retry is safe. True: the server may have
            received it and carried it out.
    """

    def __init__(self, message: str = "", *, sent: bool = True) -> None:
        super().__init__(message)
        self.sent = sent


class RequestTimeout(ConnectFailure):
    """The server did not accept the connection, or did not reply, in time."""


class HttpError(ClientException, requests.HTTPError):
    """A server refused the request, or its reply is invalid; a `requests.HTTPError` too.

    Attributes:
        status: The HTTP status.
        type: Senlin's error type, such as `ResourceIsLocked`; None if the reply has none.
        request_id: The id of the request in the server's log.
        retry_after: Seconds after which the server asks for a retry; None if it does not.
        method: The HTTP method of the request; None if the error belongs to no single request.
        url: The URL without its query and a receiver's id; None as for `method`, and for a webhook.
            Of a failed login: Keystone's.
        details: The server's message; if the reply is not OpenStack's JSON, the beginning of its
            text, which `message` leaves out.
        response: The reply, without the request and its token; None if there was none.
    """

    status: int = 0

    def __init__(
        self,
        message: str = "",
        response: requests.Response | None = None,
        http_status: int | None = None,
        details: str | None = None,
        request_id: str | None = None,
        *,
        status: int | None = None,
        type: str | None = None,
        retry_after: float | None = None,
        method: str | None = None,
        url: str | None = None,
    ) -> None:
        super().__init__(message)
        self.response = response
        if response is not None:
            status = status or response.status_code
            request_id = request_id or response.headers.get("X-Openstack-Request-Id")
        self.status = status or http_status or self.status
        self.type = type
        self.request_id = request_id
        self.retry_after = retry_after
        self.method = method
        self.url = url
        self.details: str = message if details is None else details

    def __str__(self) -> str:
        return f"{self.message} (request id {self.request_id})" if self.request_id else self.message

    @property
    def status_code(self) -> int:
        """The same as `status`, by openstacksdk's name."""
        return self.status

    @property
    def http_status(self) -> int:
        """The same as `status`, by the name in older versions of openstacksdk."""
        return self.status

    @property
    def code(self) -> int:
        """The same as `status`, by the name in the older python-senlinclient."""
        return self.status

    @property
    def source(self) -> str:
        """Whose fault it is: "Client" for a status of 4xx, else "Server"."""
        return "Client" if 400 <= self.status < 500 else "Server"


class BadRequest(HttpError):
    """The request is invalid, or an update would change nothing."""

    status = 400


class DuplicateResource(BadRequest):
    """More than one object has that name: use the id."""


class Unauthorized(HttpError):
    """Senlin refused the token, and a new one as well."""

    status = 401


class AuthenticationFailed(Unauthorized):
    """Keystone refused the login: a wrong password, a revoked token, no role in the project."""


class Forbidden(HttpError):
    """The user's roles do not allow the request."""

    status = 403


class ResourceNotFound(HttpError):
    """Senlin has no such object, or it belongs to another project."""

    status = 404


class Conflict(HttpError):
    """Another action is running on the object, or it is in use; `type` says which."""

    status = 409


class PreconditionFailed(HttpError):
    """A condition in the request's headers does not hold: from a gateway, Senlin knows none."""

    status = 412


class TooManyRequests(HttpError):
    """The server limits the rate of requests; see `retry_after`."""

    status = 429


class ServerError(HttpError):
    """The server failed. Senlin also reports a quota and some invalid specs so: see `type`."""

    status = 500


class InvalidResponse(HttpError):
    """The reply is truncated or of the wrong shape, or another server than Senlin sent it."""


class ResourceTimeout(ClientException):
    """The awaited status, deletion or end of an action did not come in time."""


class ResourceFailure(ClientException):
    """The awaited action or status has failed; the message has the server's reason."""


_BY_STATUS: dict[int, type[HttpError]] = {
    kind.status: kind
    for kind in (
        BadRequest,
        Unauthorized,
        Forbidden,
        ResourceNotFound,
        Conflict,
        PreconditionFailed,
        TooManyRequests,
    )
}


def http_error(message: str, *, status: int, type: str | None, **fields: Any) -> HttpError:
    """Return the exception for a refused request, by its status and Senlin's error type."""
    kind = _BY_STATUS.get(status, ServerError if status >= 500 else HttpError)
    if type == "MultipleChoices":
        kind = DuplicateResource
    if kind is ResourceNotFound and type is None:
        # A gateway's page, or a path that this server does not have. The object may still exist, so
        # ResourceNotFound would be wrong.
        kind = HttpError
    return kind(message, status=status, type=type, **fields)


# openstacksdk's names, for code that was written for it. An `except` evaluates its names only when
# there is an error, which a missing one would hide.
SDKException = OpenStackCloudException = ClientException
HttpException = HttpError
BadRequestException = BadRequest
ForbiddenException = Forbidden
NotFoundException = ResourceNotFound
ConflictException = Conflict
PreconditionFailedException = PreconditionFailed
NotSupported = UnsupportedMicroversion
ServiceDiscoveryException = EndpointNotFound
ServiceDisabledException = ConfigException
InvalidResourceQuery = ValidationException = InvalidArgument
InvalidRequest = MethodNotSupported = InvalidIdentity
