"""What can go wrong, as a tree.

::

    ClientException               all of ours; nothing else leaves the client
      ConfigException             what clouds.yaml, OS_* or an argument says cannot be used
      EndpointNotFound            the catalogue has no clustering service (an AttributeError too)
      UnsupportedMicroversion     the server is too old for what was asked
      InvalidIdentity             it cannot be an id or a name; not sent (a ValueError too)
      ConnectFailure              no reply came; `sent` says whether the request may have arrived
        RequestTimeout            the reply did not come in time
      HttpError                   a server refused; `status`, `type`, `message`, `request_id`
        BadRequest                400
          DuplicateResource       more than one object has that name
        Unauthorized              401, Senlin's
          AuthenticationFailed    Keystone's refusal of the login
        Forbidden                 403
        ResourceNotFound          404
        Conflict                  409: a lock, a running action, a cooldown, something in use
        TooManyRequests           429; `retry_after` in seconds
        ServerError               5xx
        InvalidResponse           the reply cannot be understood
      ResourceTimeout             a waiter's time is up
      ResourceFailure             what was waited for has failed

No message holds a password, a token or a webhook's URL.
"""

from typing import Any


class ClientException(Exception):
    """All that the client raises on its own account."""

    @property
    def message(self) -> str:
        """The sentence for people."""
        return str(self.args[0]) if self.args else type(self).__name__


class ConfigException(ClientException):
    """The configuration is incomplete or contradicts itself; nothing was sent."""


class EndpointNotFound(ClientException, AttributeError):
    """The catalogue has no clustering service for this interface and region.

    It is an AttributeError as well, so that `hasattr(connection, "cluster")` tells the truth.
    """


class UnsupportedMicroversion(ClientException):
    """The operation needs a higher microversion than this server has; it was not sent."""


class InvalidIdentity(ClientException, ValueError):
    """What should name an object cannot be an id or a name; nothing was sent."""


class ConnectFailure(ClientException):
    """No reply came from the server.

    Attributes:
        sent: False: the request never left, so it is safe to repeat. True: it may have reached the
            server, which may have carried it out.
    """

    def __init__(self, message: str = "", *, sent: bool = True) -> None:
        super().__init__(message)
        self.sent = sent


class RequestTimeout(ConnectFailure):
    """The server did not accept the connection, or did not answer, in time."""


class HttpError(ClientException):
    """A server answered that it will not, or something that is no answer.

    Attributes:
        status: The HTTP status.
        type: Senlin's word for it, such as `ResourceIsLocked`; None if the reply has none.
        request_id: What to look for in the server's log.
        retry_after: Seconds after which the server wants to be asked again; None if it named none.
        method: The HTTP method of the request; None when no single request was refused.
        url: Where it went, without a query; None as for `method`, and for a webhook.
    """

    status: int = 0

    def __init__(
        self,
        message: str = "",
        *,
        status: int | None = None,
        type: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        method: str | None = None,
        url: str | None = None,
    ) -> None:
        super().__init__(message)
        if status is not None:
            self.status = status
        self.type = type
        self.request_id = request_id
        self.retry_after = retry_after
        self.method = method
        self.url = url

    def __str__(self) -> str:
        return f"{self.message} (request id {self.request_id})" if self.request_id else self.message

    @property
    def status_code(self) -> int:
        """The same as `status`, by the SDK's word."""
        return self.status

    @property
    def details(self) -> str:
        """The same as `message`, by the SDK's word."""
        return self.message


class BadRequest(HttpError):
    """The server finds fault with what was sent, or there was nothing to change."""

    status = 400


class DuplicateResource(BadRequest):
    """More than one object has that name: use the id."""


class Unauthorized(HttpError):
    """The token was refused, also after a new one was fetched."""

    status = 401


class AuthenticationFailed(Unauthorized):
    """Keystone refuses the login: a wrong password, a revoked token, no role in the project."""


class Forbidden(HttpError):
    """The user may not do that."""

    status = 403


class ResourceNotFound(HttpError):
    """Senlin says that there is no such object, at least not for this project."""

    status = 404


class Conflict(HttpError):
    """Something else is at work on the object, or it is in use; `type` is Senlin's word for it."""

    status = 409


class TooManyRequests(HttpError):
    """The server wants fewer requests; see `retry_after`."""

    status = 429


class ServerError(HttpError):
    """The server failed. Senlin also says so of a quota and of some malformed specs: see `type`."""

    status = 500


class InvalidResponse(HttpError):
    """The reply is truncated, of the wrong shape, or from something that is not Senlin."""


class ResourceTimeout(ClientException):
    """What was waited for did not come in time."""


class ResourceFailure(ClientException):
    """What was waited for has failed; the message has the server's reason."""


_BY_STATUS: dict[int, type[HttpError]] = {
    kind.status: kind
    for kind in (BadRequest, Unauthorized, Forbidden, ResourceNotFound, Conflict, TooManyRequests)
}


def http_error(message: str, *, status: int, type: str | None, **fields: Any) -> HttpError:
    """Return the exception for a refused request; its status, and Senlin's word, say which."""
    kind = _BY_STATUS.get(status, ServerError if status >= 500 else HttpError)
    if type == "MultipleChoices":
        kind = DuplicateResource
    if kind is ResourceNotFound and type is None:
        # A gateway's page, or a path that this server does not have: it says nothing of the object,
        # and who believes it would take what exists for deleted.
        kind = HttpError
    return kind(message, status=status, type=type, **fields)


# The SDK's words, for code that comes from there.
SDKException = ClientException
HttpException = HttpError
BadRequestException = BadRequest
ForbiddenException = Forbidden
NotFoundException = ResourceNotFound
ConflictException = Conflict
