"""Log in to Keystone with keystoneauth1's plugins, mostly without its slow plugin loading.

`auth_type: password` becomes a v3 plugin. keystoneauth1's generic plugin would send one request
more to discover Keystone's versions, but v3 has been the only one since 2018.
"""

from collections.abc import Callable, Mapping
from typing import Any

from keystoneauth1 import exceptions as keystone_exceptions
from keystoneauth1.identity import v3

from openstack_clustering._config import Config
from openstack_clustering.exceptions import ConfigException

_USER = ("user_id", "username", "user_domain_id", "user_domain_name")
_SCOPE = (
    "project_id",
    "project_name",
    "project_domain_id",
    "project_domain_name",
    "domain_id",
    "domain_name",
    "system_scope",
    "trust_id",
)


def create_plugin(config: Config) -> Any:
    """Return the keystoneauth1 plugin for the configuration; nothing is sent."""
    build = _PLUGINS.get(config.auth_type)
    if build is None:
        return _load_plugin(config)
    if not config.auth.get("auth_url"):
        raise ConfigException(f"The cloud {config.name} has no auth_url.")
    if str(config.auth["auth_url"]).rstrip("/").endswith("/v2.0"):
        raise ConfigException(f"The auth_url of the cloud {config.name} is Keystone's v2: use v3.")
    return build(config)


def describe_user(plugin: Any) -> str:
    """Return the user that a plugin logs in, for messages: "user blue-1 of project blue"."""
    methods = getattr(plugin, "auth_methods", None) or [plugin]
    method = methods[0]
    credential = _first(method, "application_credential_id", "application_credential_name")
    if credential:
        return f"the application credential {credential}"
    user = _first(method, "username", "user_id")
    described = "the token" if hasattr(method, "token") else f"user {user or 'unknown'}"
    project = _first(plugin, "project_name", "project_id")
    return described + (f" of project {project}" if project else "")


def _first(plugin: Any, *names: str) -> str | None:
    return next((value for name in names if (value := getattr(plugin, name, None))), None)


def _password(config: Config) -> Any:
    _require(config, "password")
    _require(config, "username", "user_id")
    return v3.Password(**_select(config.auth, "auth_url", "password", *_USER, *_SCOPE))


def _token(config: Config) -> Any:
    _require(config, "token")
    return v3.Token(**_select(config.auth, "auth_url", "token", *_SCOPE))


def _application_credential(config: Config) -> Any:
    _require(config, "application_credential_secret")
    _require(config, "application_credential_id", "application_credential_name")
    if "application_credential_id" not in config.auth:
        _require(config, "username", "user_id")
    keys = [key for key in config.auth if key.startswith("application_credential_")]
    # Keystone refuses a scope here: the credential itself belongs to a project.
    return v3.ApplicationCredential(**_select(config.auth, "auth_url", *keys, *_USER))


_PLUGINS: Mapping[str, Callable[[Config], Any]] = {
    "password": _password,
    "v3password": _password,
    "token": _token,
    "v3token": _token,
    "v3applicationcredential": _application_credential,
}


def _load_plugin(config: Config) -> Any:
    """Return any other installed plugin, found by its entry point."""
    from keystoneauth1 import loading  # takes 100 ms; few users need it

    try:
        loader = loading.get_plugin_loader(config.auth_type)
        options = {option.dest for option in loader.get_options()}
        return loader.load_from_options(**_select(config.auth, *options))
    except keystone_exceptions.AuthPluginException as error:
        raise ConfigException(
            f"The cloud {config.name} cannot log in by auth_type {config.auth_type}: {error}"
        ) from error


def _require(config: Config, *alternatives: str) -> None:
    if not any(config.auth.get(key) for key in alternatives):
        raise ConfigException(
            f"The cloud {config.name} ({config.auth_type}) has no {' or '.join(alternatives)}."
        )


def _select(auth: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: auth[key] for key in keys if key in auth}
