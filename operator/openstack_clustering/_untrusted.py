"""Read a clouds.yaml whose author may log in, but is trusted with nothing else on this machine."""

from collections.abc import Collection

from openstack_clustering import _clouds as clouds
from openstack_clustering import _tls as tls
from openstack_clustering import _values as values
from openstack_clustering._auth import create_plugin
from openstack_clustering._config import FILES, Config, parse
from openstack_clustering.exceptions import ConfigException


def read_cloud(
    document: object, cloud: str, *, cacert: str | None = None, login_kinds: Collection[str]
) -> Config:
    """Return the configuration of a cloud, which a connection can use as it is.

    Nothing is sent, and no file of this machine is read.

    Args:
        document: The parsed file, as `read_yaml` returns it.
        cloud: The name of the cloud.
        cacert: PEM text to use instead of the `cacert` of the file.
        login_kinds: The values of `auth_type` that are allowed; see `LOGIN_KINDS`.

    Raises:
        ConfigException: The configuration cannot be used, names a file, or has another kind of
            login. The message quotes no value.
    """
    config = parse(*clouds.from_document(document, cloud), {"cacert": cacert} if cacert else {})
    for key in FILES:
        value = getattr(config, key)
        if value and not values.is_pem(value):
            raise ConfigException(
                f"`{key}` of the cloud {cloud} names a file, which is not read here: "
                "write its PEM text instead."
            )
    if config.auth_type not in login_kinds:
        raise ConfigException(
            f"The login of the cloud {cloud} (`auth_type`) is not available here; "
            f"available are: {', '.join(sorted(login_kinds))}."
        )
    create_plugin(config)
    return config._replace(tls=tls.context(config))
