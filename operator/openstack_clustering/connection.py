"""The way in: a login, and the clustering service behind it."""

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

from keystoneauth1.session import DEFAULT_USER_AGENT, Session

from openstack_clustering import auth, config, pool
from openstack_clustering.proxy import Proxy
from openstack_clustering.transport import Sent, Transport
from openstack_clustering.version import __version__


class Connection:
    """A login to one cloud; may be used by many threads at once.

    Nothing is sent before it is needed. It is a context manager, which closes it.

    Args:
        cloud: The name of an entry in clouds.yaml. None: what `OS_CLOUD` names, else the other
            `OS_*` variables, else the only entry.
        clouds: A parsed clouds.yaml to use instead of files and variables.
        session: A ready keystoneauth1 session, such as `openstack.connect().session`, or an
            openstacksdk CloudRegion, to use instead of a configuration.
        environ: The variables to use instead of those of the process.
        timeout: Seconds for the connection, and for each wait for data; 60 if neither this nor
            `api_timeout` says otherwise.
        pool_size: How many connections to a server are kept for reuse: one for each thread.
        app_name: Who is asking; stands first in `User-Agent`.
        before_request: Called with the method of each request to the service just before it is
            sent, also before a repetition; what it raises keeps the request from being sent.
        after_request: Called with a `Sent` after each of them, in the thread that sent it.
        overrides: Keys of clouds.yaml that win over the entry's own (`region_name`, `cacert`,
            `auth`, also `username` and the like). With an `auth_url` and no `cloud` they are all
            there is.

    Raises:
        ConfigException: The configuration cannot be used.
        TypeError: There is no such keyword.
    """

    def __init__(
        self,
        cloud: str | None = None,
        *,
        clouds: Mapping[str, Any] | None = None,
        session: Any = None,
        environ: Mapping[str, str] | None = None,
        timeout: float | None = None,
        pool_size: int = 10,
        app_name: str | None = None,
        before_request: Callable[[str], None] | None = None,
        after_request: Callable[[Sent], None] | None = None,
        **overrides: Any,
    ) -> None:
        own_name = f"openstack-clustering/{__version__}"
        agent = f"{app_name} {own_name}" if app_name else own_name
        self._pool: pool.Pool | None = None
        if session is None:
            settings = config.load(cloud, document=clouds, environ=environ, overrides=overrides)
            settings = settings._replace(timeout=timeout or settings.timeout)
            self._pool = pool.open_pool(settings, pool_size)
            session = _session(settings, self._pool, agent)
            exchange: pool.Exchange = self._pool.exchange
        else:
            if cloud or clouds:
                raise TypeError("A session has its cloud already: leave out cloud and clouds.")
            session, settings = _given(session, overrides)
            settings = settings._replace(timeout=timeout or settings.timeout)
            exchange = pool.through(session)
        self._transport = Transport(
            session,
            exchange,
            user_agent=f"{agent} {DEFAULT_USER_AGENT}",
            timeout=settings.timeout,
            interface=settings.interface,
            region_name=settings.region_name,
            endpoint_override=settings.endpoint_override,
            wanted_microversion=settings.microversion,
            retries=settings.retries,
            before_request=before_request,
            after_request=after_request,
        )
        self._session = session
        self._proxy: Proxy | None = None

    @property
    def cluster(self) -> Proxy:
        """The clustering service; the attribute is only there if the catalogue has the service.

        Raises:
            EndpointNotFound: It has not; as this is an AttributeError, `hasattr` is False.
            AuthenticationFailed: Keystone refuses the login.
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

    def close(self) -> None:
        """Close the connections to the servers. A session that was given is left alone."""
        if self._pool is not None:
            self._pool.close()

    def __enter__(self) -> "Connection":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _session(settings: config.Config, connections: pool.Pool, agent: str) -> Session:
    return Session(
        auth=auth.plugin_of(settings),
        session=connections,
        verify=settings.verify,
        timeout=settings.timeout,
        user_agent=agent,
    )


def _given(session: Any, overrides: Mapping[str, Any]) -> tuple[Any, config.Config]:
    """Return the keystoneauth1 session in what was given, and what the keywords say."""
    config.check_overrides(overrides)
    settings = config.interpret("keywords", overrides)
    if not hasattr(session, "get_session"):
        return session, settings
    # An openstacksdk CloudRegion: it knows its region, a session would not.
    region_name = settings.region_name or session.region_name
    return session.get_session(), settings._replace(region_name=region_name)
