"""Log in to Keystone: keystoneauth1's plugins, built without its loading machinery.

`auth_type: password` makes a v3 plugin at once. The generic plugin would first ask Keystone for
its versions, one request more, only to find v3: there has been no other since 2018.
"""

from collections.abc import Callable, Mapping
from typing import Any

from keystoneauth1 import exceptions as keystone_exceptions
from keystoneauth1.identity import v3

from openstack_clustering.config import Config
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


def plugin_of(config: Config) -> Any:
    """Return the keystoneauth1 plugin that the configuration asks for; nothing is sent."""
    build = _PLUGINS.get(config.auth_type)
    if build is None:
        return _loaded(config)
    if not config.auth.get("auth_url"):
        raise ConfigException(f"The cloud {config.name} has no auth_url.")
    if str(config.auth["auth_url"]).rstrip("/").endswith("/v2.0"):
        raise ConfigException(f"The auth_url of the cloud {config.name} is Keystone's v2: use v3.")
    return build(config)


def who(auth: Any) -> str:
    """Return whom a plugin logs in, for messages: "user blue-1 of project blue"."""
    methods = getattr(auth, "auth_methods", None) or [auth]
    method = methods[0]
    credential = _first(method, "application_credential_id", "application_credential_name")
    if credential:
        return f"the application credential {credential}"
    user = _first(method, "username", "user_id")
    whom = "the token" if hasattr(method, "token") else f"user {user or 'unknown'}"
    project = _first(auth, "project_name", "project_id")
    return whom + (f" of project {project}" if project else "")


def _first(plugin: Any, *names: str) -> str | None:
    return next((value for name in names if (value := getattr(plugin, name, None))), None)


def _password(config: Config) -> Any:
    _require(config, "password")
    _require(config, "username", "user_id")
    return v3.Password(**_given(config.auth, "auth_url", "password", *_USER, *_SCOPE))


def _token(config: Config) -> Any:
    _require(config, "token")
    return v3.Token(**_given(config.auth, "auth_url", "token", *_SCOPE))


def _application_credential(config: Config) -> Any:
    _require(config, "application_credential_secret")
    _require(config, "application_credential_id", "application_credential_name")
    if "application_credential_id" not in config.auth:
        _require(config, "username", "user_id")
    keys = [key for key in config.auth if key.startswith("application_credential_")]
    # No scope: the credential has its project in it, and Keystone refuses another.
    return v3.ApplicationCredential(**_given(config.auth, "auth_url", *keys, *_USER))


_PLUGINS: Mapping[str, Callable[[Config], Any]] = {
    "password": _password,
    "v3password": _password,
    "token": _token,
    "v3token": _token,
    "v3applicationcredential": _application_credential,
}


def _loaded(config: Config) -> Any:
    """Return any other plugin that is installed, by its entry point."""
    from keystoneauth1 import loading  # costs 100 ms, and few need it

    try:
        loader = loading.get_plugin_loader(config.auth_type)
        known = {option.dest for option in loader.get_options()}
        return loader.load_from_options(**_given(config.auth, *known))
    except keystone_exceptions.AuthPluginException as error:
        raise ConfigException(
            f"The cloud {config.name} cannot log in by auth_type {config.auth_type}: {error}"
        ) from error


def _require(config: Config, *alternatives: str) -> None:
    if not any(config.auth.get(key) for key in alternatives):
        raise ConfigException(
            f"The cloud {config.name} ({config.auth_type}) has no {' or '.join(alternatives)}."
        )


def _given(auth: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: auth[key] for key in keys if key in auth}
