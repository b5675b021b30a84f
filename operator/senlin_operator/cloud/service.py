"""A service of OpenStack beside Senlin, which the operator only reads."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from keystoneauth1.exceptions import ClientException
from keystoneauth1.session import Session

from openstack_clustering import Config, exceptions
from senlin_operator.telemetry import clock
from senlin_operator.telemetry.lengths import clipped

T = TypeVar("T")

_TIMEOUT = 10.0  # seconds; an answer only adds to a message
_RETRY = 60.0  # seconds until a service that did not answer is asked again


class Service:
    """A service of the credential's project; many threads may share it."""

    def __init__(
        self,
        session: Session,
        config: Config,
        service_type: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Take the region and the interface from the configuration of the clustering service."""
        self._session = session
        self._headers = headers or {}
        self._retry_at = 0.0  # of the monotonic clock
        self._filter = {
            "service_type": service_type,
            "interface": config.interface,
            "region_name": config.region_name,
        }

    def ask(self, question: Callable[[], T]) -> T | None:
        """Return the answer to a question that calls `get`; None: there is none.

        After a failure (the catalogue has no such service, it cannot be reached, or its replies
        have another form) nothing is asked for a minute: the next questions need not wait for that.
        """
        if clock.monotonic() < self._retry_at:
            return None
        try:
            return question()
        except (
            ClientException,
            exceptions.ClientException,  # its address is not allowed
            ValueError,
            AttributeError,
            TypeError,
            KeyError,
        ):
            self._retry_at = clock.monotonic() + _RETRY
            return None

    def get(self, path: str) -> dict[str, Any]:
        """Return the reply's document, or nothing if the service refuses.

        Raises:
            ClientException: The service cannot be reached.
            ValueError: The reply is not JSON.
        """
        reply = self._session.get(
            path,
            endpoint_filter=self._filter,
            headers=self._headers,
            raise_exc=False,
            connect_retries=0,
            timeout=_TIMEOUT,
        )
        document: dict[str, Any] = reply.json() if reply.ok else {}
        return document


def text_in(value: object) -> str | None:
    """Return a value of a reply, cut, if it is a text, and not empty."""
    return clipped(value) if isinstance(value, str) and value else None
