"""Log in to Keystone with keystoneauth1's plugins, mostly without its slow plugin loading.

`auth_type: password` becomes a v3 plugin. keystoneauth1's generic plugin would send one request
more to discover Keystone's versions, but v3 has been the only one since 2018.
"""

from collections.abc import Mapping
from typing import Any

from keystoneauth1 import exceptions as keystone_exceptions
from keystoneauth1.identity import v3

from openstack_clustering._config import Config
from openstack_clustering._login_kinds import KINDS, check
from openstack_clustering.exceptions import ConfigException

_PARAMETERS = {"openid_scope": "scope"}  # the others have the name of their key


def create_plugin(config: Config) -> Any:
    """Return the keystoneauth1 plugin for the configuration; nothing is sent.

    Raises:
        ConfigException: A key is missing, or there is no such kind of login.
    """
    kind = KINDS.get(config.auth_type)
    if config.auth_type == "v3multifactor":  # which options it has depends on other options
        raise _unavailable(config)
    if kind is None:
        return _load_plugin(config)
    check(config.name, config.auth_type, config.auth)
    given = {_PARAMETERS.get(key, key): value for key, value in config.auth.items()}
    if "client_secret" in kind.keys:
        given.setdefault("client_secret", None)  # a public client has none
    return getattr(v3, kind.plugin)(**given)


def describe_user(plugin: Any) -> str:
    """Return the user that a plugin logs in, for messages: "user blue-1 of project blue"."""
    plugin = getattr(plugin, "_plugin", None) or plugin  # of a generic one, as openstacksdk uses
    methods = getattr(plugin, "auth_methods", None) or [plugin]
    method = methods[0]
    credential = _first(method, "application_credential_id", "application_credential_name")
    if credential:
        return f"the application credential {credential}"
    user, client = _first(method, "username", "user_id"), _first(method, "client_id")
    described = f"the OIDC client {client}" if client and not user else f"user {user or 'unknown'}"
    if hasattr(method, "token"):
        described = "the token"
    project = _first(plugin, "project_name", "project_id")
    return described + (f" of project {project}" if project else "")


def _first(plugin: Any, *names: str) -> str | None:
    return next((value for name in names if (value := getattr(plugin, name, None))), None)


def _load_plugin(config: Config) -> Any:
    """Return any other installed plugin, found by its entry point."""
    from keystoneauth1 import loading  # takes 100 ms; few users need it

    try:
        loader = loading.get_plugin_loader(config.auth_type)
        if not loader.available:
            raise _unavailable(config)
        options = {option.dest: _given(config.auth, option) for option in loader.get_options()}
        return loader.load_from_options(**{key: it for key, it in options.items() if it})
    except keystone_exceptions.NoMatchingPlugin:
        raise _unavailable(config) from None
    except keystone_exceptions.AuthPluginException as error:
        # It names the options, and no value.
        raise ConfigException(f"The cloud {config.name} has an incomplete login: {error}") from None
    except (ImportError, LookupError, TypeError, ValueError, AttributeError):
        raise _unavailable(config) from None


def _given(auth: Mapping[str, Any], option: Any) -> Any:
    """Return the value for an option of a plugin, by its name or an older one."""
    names = [it.name.replace("-", "_") for it in (option, *option.deprecated)]
    value = next((auth[name] for name in names if auth.get(name)), None)
    return value if value is None else option.type(value)


def _unavailable(config: Config) -> ConfigException:
    return ConfigException(
        f"The login of the cloud {config.name} (`auth_type`) is not available here; "
        f"without further packages these are: {', '.join(sorted(KINDS))}."
    )
