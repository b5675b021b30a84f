"""A login with the parameters and the properties of openstacksdk's `Connection`."""

from typing import Any

from keystoneauth1.exceptions import CatalogException

from openstack_clustering import _connection as own
from openstack_clustering.exceptions import InvalidArgument
from openstack_clustering.sdk.proxy import Proxy
from openstack_clustering.sdk.resources import Munch

# Parameters of openstacksdk that mean nothing to this client.
_WITHOUT_EFFECT = frozenset(
    {
        *("auth_plugin", "debug", "extra_services", "global_request_id", "load_envvars"),
        *("load_yaml_config", "pool_executor", "rate_limit", "service_types", "strict"),
        *("strict_proxies", "task_manager", "use_direct_get", "validate", "vendor_hook"),
    }
)
_REFUSED = ("argparse", "oslo_conf", "options")  # another way to say what to log in to


class Connection(own.Connection):
    """A login to one cloud.

    Args:
        cloud: The name of an entry in clouds.yaml.
        config: An openstacksdk CloudRegion.
        session: A keystoneauth1 session.
        app_name: The application's name, for `User-Agent`.
        app_version: The application's version.
        settings: Keys of clouds.yaml; openstacksdk's other parameters have no effect.

    Raises:
        ConfigException: The configuration cannot be used.
        InvalidArgument: There is no such parameter, or it is one that this client lacks.
    """

    def __init__(
        self,
        cloud: str | None = None,
        config: Any = None,
        session: Any = None,
        app_name: str | None = None,
        app_version: str | None = None,
        **settings: Any,
    ) -> None:
        if refused := next((it for it in _REFUSED if settings.pop(it, None) is not None), None):
            raise InvalidArgument(f"`{refused}` is openstacksdk's alone: give keys of clouds.yaml.")
        settings = {key: it for key, it in settings.items() if key not in _WITHOUT_EFFECT}
        super().__init__(
            None if session else cloud,
            config=config,
            session=session,
            app_name=app_name,
            app_version=app_version,
            **settings,
        )
        self._dialect: Proxy | None = None
        self._region = next((it for it in (config, session) if hasattr(it, "get_session")), None)

    @property
    def cluster(self) -> Proxy:
        """The clustering service; without one in the catalogue there is no such attribute."""
        if self._dialect is None:
            self._transport.endpoint()
            self._dialect = Proxy(self)
        return self._dialect

    @property
    def clustering(self) -> Proxy:
        """The same as `cluster`."""
        return self.cluster

    @property
    def config(self) -> Any:
        """The CloudRegion, if one was given, else the client's own configuration."""
        return self._region or self._settings

    @property
    def name(self) -> str:
        """The name of the cloud."""
        return self._settings.name

    @property
    def auth_token(self) -> str:
        """A token for the project."""
        return self._transport.token()

    def authorize(self) -> str:
        """Log in, and return a token.

        Raises:
            AuthenticationFailed: Keystone refuses the login.
            ConnectFailure: Keystone does not answer.
        """
        return self._transport.token()

    def has_service(self, service_key: str, version: str | None = None) -> bool:
        """Return whether the catalogue has a service; `version` has no effect."""
        self.authorize()
        try:
            found = self.session.get_endpoint(
                service_type=service_key,
                interface=self._settings.interface,
                region_name=self._settings.region_name,
            )
        except CatalogException:
            return False
        return bool(found)

    @property
    def current_project_id(self) -> str | None:
        """The id of the project that the login is for."""
        self.authorize()
        project: str | None = self.session.get_project_id()
        return project

    @property
    def current_user_id(self) -> str | None:
        """The id of the user."""
        self.authorize()
        user: str | None = self.session.get_user_id()
        return user

    @property
    def current_project(self) -> Munch:
        """The project: `id`, `name`, `domain_id` and `domain_name`, as far as they are known."""
        auth = self._region.config.get("auth", {}) if self._region else self._settings.auth
        return Munch(
            id=self.current_project_id,
            name=auth.get("project_name"),
            domain_id=auth.get("project_domain_id"),
            domain_name=auth.get("project_domain_name"),
        )

    @property
    def current_location(self) -> Munch:
        """The cloud, the region and the project."""
        return self.location_of(None)

    def location_of(self, project_id: str | None) -> Munch:
        """Return the location of an object of a project; None: the login's."""
        project = self.current_project
        if project_id and project_id != project.id:
            project = Munch(id=project_id, name=None, domain_id=None, domain_name=None)
        return Munch(
            cloud=self.name, region_name=self._settings.region_name, zone=None, project=project
        )


def connect(
    cloud: str | None = None,
    app_name: str | None = None,
    app_version: str | None = None,
    options: Any = None,
    **settings: Any,
) -> Connection:
    """Return a connection to a cloud; see `Connection`."""
    return Connection(
        cloud, app_name=app_name, app_version=app_version, options=options, **settings
    )


def from_config(
    cloud: str | None = None, config: Any = None, options: Any = None, **settings: Any
) -> Connection:
    """Return a connection to a cloud, or of a CloudRegion; see `Connection`."""
    cloud = settings.pop("cloud_name", cloud)
    config = settings.pop("cloud_config", config)
    return Connection(cloud, config=config, options=options, **settings)
