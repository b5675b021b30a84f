"""A login to a cloud, and the cloud's clustering service."""

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from keystoneauth1.session import DEFAULT_USER_AGENT, Session

from openstack_clustering import _auth as auth
from openstack_clustering import _pool as pool
from openstack_clustering._arguments import seconds
from openstack_clustering._config import Config, check_overrides, load, of_region, parse
from openstack_clustering._exchange import MEBIBYTE, Guard, Limits, ReplyGuard
from openstack_clustering._proxy import Proxy
from openstack_clustering._transport import Sent, Transport
from openstack_clustering.exceptions import InvalidArgument
from openstack_clustering.version import __version__


class Connection:
    """A login to one cloud; many threads may share it.

    Nothing is sent before the first operation. As a context manager it closes itself.

    Args:
        cloud: The name of an entry in clouds.yaml. None: the entry that `OS_CLOUD` names, else the
            other `OS_*` variables, else the only entry.
        clouds: A parsed clouds.yaml to use instead of files and variables.
        config: A configuration that `read_cloud` returned, to use as it is; or an openstacksdk
            CloudRegion, such as `openstack.connect().config`.
        session: A ready keystoneauth1 session to use instead of a configuration, or a CloudRegion.
            A session by itself knows no region, interface or endpoint: give them as keywords.
        environ: Environment variables to use instead of those of the process.
        timeout: Seconds for a whole request: the connection, and all of the reply; None:
            `api_timeout` of the entry, else 60.
        connect_timeout: Seconds for the connection, and for the server's machine to accept what is
            sent; None: only `timeout` holds.
        max_reply_size: Bytes of a reply, unpacked; a larger one raises InvalidResponse.
        max_list_size: The same for a list.
        pool_size: The number of connections to a server that are kept for reuse; one per thread.
        app_name: The application's name, for the beginning of `User-Agent`.
        app_version: The application's version, behind its name.
        before_request: Called with the method of each request to the service when its connection
            stands and nothing is sent yet, also before a retry. If it raises an exception, the
            request is not sent.
        after_request: Called with a `Sent` after each such request, in the thread that sent it.
        connect_guard: Called with host, address and port before each connection, also for a login;
            if it raises a ClientException, that address is not connected to. The address is None
            if a proxy makes the connection.
        reply_guard: Called with the number of bytes of each part of a reply, unpacked, in the
            thread that reads it; returns why it is not read any further, which InvalidResponse
            says, or an empty text.
        overrides: Keys of clouds.yaml that override the entry's (`region_name`, `cacert`, `auth`,
            and keys of `auth` such as `username`). With an `auth_url` and no `cloud`, no entry is
            read. Keys of other services are taken, and have no effect, as in the file.

    Raises:
        ConfigException: The configuration cannot be used.
        InvalidArgument: There is no such keyword, or the session is none; a TypeError too.
    """

    def __init__(
        self,
        cloud: str | None = None,
        *,
        clouds: Mapping[str, Any] | None = None,
        config: Config | Any = None,
        session: Any = None,
        environ: Mapping[str, str] | None = None,
        timeout: float | None = None,
        pool_size: int = 10,
        app_name: str | None = None,
        app_version: str | None = None,
        connect_timeout: float | None = None,
        max_reply_size: int = MEBIBYTE,
        max_list_size: int = 64 * MEBIBYTE,
        before_request: Callable[[str], None] | None = None,
        after_request: Callable[[Sent], None] | None = None,
        connect_guard: Guard | None = None,
        reply_guard: ReplyGuard | None = None,
        **overrides: Any,
    ) -> None:
        timeout = seconds("timeout", timeout)
        connect_timeout = seconds("connect_timeout", connect_timeout)
        agent = _agent(app_name, app_version)
        self._pool: pool.Pool | None = None
        if session is None and hasattr(config, "get_session"):
            session, config = config, None
        is_bare = session is not None and not hasattr(session, "get_session")
        if session is None:
            settings = config or load(cloud, document=clouds, environ=environ, overrides=overrides)
        elif cloud or clouds:
            raise InvalidArgument("A session has its cloud already: leave out cloud and clouds.")
        else:
            session, settings = _unwrap_session(session, overrides)
        settings = settings._replace(timeout=timeout or settings.timeout)
        if session is None:
            limits = Limits(
                settings.timeout,
                connect_timeout,
                max_reply_size,
                max_list_size,
                connect_guard,
                reply_guard,
            )
            self._pool = pool.open_pool(settings, pool_size, limits)
            session = _create_session(settings, self._pool, agent)
            send: pool.Send = self._pool.send_request
        else:
            send = pool.via_session(session, settings.timeout)
        self._transport = Transport(
            session,
            send,
            user_agent=f"{agent} {DEFAULT_USER_AGENT}",
            interface=settings.interface,
            region_name=settings.region_name,
            endpoint_override=settings.endpoint_override,
            default_microversion=settings.microversion,
            retries=settings.retries,
            region_required=is_bare,
            before_request=before_request,
            after_request=after_request,
        )
        self._session = session
        self._settings = settings
        self._proxy: Proxy | None = None

    @property
    def cluster(self) -> Proxy:
        """The clustering service; without one in the catalogue there is no such attribute.

        Raises:
            EndpointNotFound: The catalogue has none; an AttributeError, so `hasattr` is False.
            AuthenticationFailed: Keystone refuses the login.
            ConfigException: A bare session's catalogue has the service in several regions.
            ConnectFailure: Keystone does not answer.
        """
        if self._proxy is None:
            self._transport.endpoint()
            self._proxy = Proxy(self._transport)
        return self._proxy

    @property
    def clustering(self) -> Proxy:
        """The same as `cluster`."""
        return self.cluster

    @property
    def session(self) -> Session:
        """The keystoneauth1 session, for requests to other services."""
        return self._session

    def close(self, *, abort: bool = False) -> None:
        """Close the connections to the servers, but not those of a session that was passed.

        Args:
            abort: Also those on which threads wait for a reply: they get a ConnectFailure.
        """
        if self._pool is not None:
            self._pool.close()
            if abort:
                self._pool.abort()

    def __repr__(self) -> str:
        shown = {"cloud": self._settings.name or None, "region_name": self._settings.region_name}
        content = ", ".join(f"{name}={value!r}" for name, value in shown.items() if value)
        return f"{type(self).__name__}({content})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _create_session(settings: Config, connections: pool.Pool, agent: str) -> Session:
    return Session(
        auth=auth.create_plugin(settings),
        session=connections,
        verify=settings.verify,
        timeout=settings.timeout,
        user_agent=agent,
    )


def _agent(app_name: str | None, app_version: str | None) -> str:
    """Return the beginning of `User-Agent`: "app/1.2 openstack-clustering/0.1.0"."""
    app = "/".join(filter(None, (app_name, app_version))) if app_name else ""
    return f"{app} openstack-clustering/{__version__}".strip()


def _unwrap_session(session: Any, overrides: Mapping[str, Any]) -> tuple[Any, Config]:
    """Return the keystoneauth1 session of a session or CloudRegion, and the settings."""
    check_overrides(overrides)
    if hasattr(session, "get_session"):
        settings = parse(str(session.name), {}, {**of_region(session), **overrides})
        return session.get_session(), settings
    if not hasattr(session, "get_auth_headers"):
        raise InvalidArgument(
            "`session` is a keystoneauth1 session or an openstacksdk CloudRegion, "
            f"not {type(session).__name__}."
        )
    return session, parse("", {}, overrides)
