"""Parse a cloud's entry into one plain, validated object.

The keys are those of clouds.yaml. The key of a service (`clustering_interface`) takes precedence
over the general key (`interface`).
"""

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from openstack_clustering import _clouds as clouds
from openstack_clustering.exceptions import ConfigException

DEFAULT_TIMEOUT = 60.0  # seconds, for the connection and for each wait for data
DEFAULT_RETRIES = 2  # of requests that are safe to repeat

AUTH_KEYS = frozenset(
    {
        "application_credential_id",
        "application_credential_name",
        "application_credential_secret",
        "auth_url",
        "domain_id",
        "domain_name",
        "password",
        "project_domain_id",
        "project_domain_name",
        "project_id",
        "project_name",
        "system_scope",
        "tenant_id",
        "tenant_name",
        "token",
        "trust_id",
        "user_domain_id",
        "user_domain_name",
        "user_id",
        "username",
    }
)
_SERVICE_KEYS = frozenset(
    {
        "api_version",
        "default_microversion",
        "endpoint_override",
        "endpoint_type",
        "interface",
        "region_name",
        "status_code_retries",
    }
)
_KEYS = (
    AUTH_KEYS
    | _SERVICE_KEYS
    | {f"clustering_{key}" for key in _SERVICE_KEYS}
    | {"api_timeout", "auth", "auth_type", "cacert", "cert", "insecure", "key", "verify"}
)


class Config(NamedTuple):
    """The login, the endpoint, and the options of the requests."""

    name: str = ""
    auth: Mapping[str, Any] = {}
    auth_type: str = "password"
    region_name: str | None = None
    interface: str = "public"
    endpoint_override: str | None = None
    microversion: str | None = None  # None: the highest that client and server support
    verify: bool = True
    cacert: str | None = None  # a path, or PEM text
    cert: str | None = None
    key: str | None = None
    timeout: float = DEFAULT_TIMEOUT
    retries: int = DEFAULT_RETRIES

    def __repr__(self) -> str:
        return f"Config({self.name})"  # the other fields include the password


def load(
    cloud: str | None,
    *,
    document: Mapping[str, Any] | None,
    environ: Mapping[str, str] | None,
    overrides: Mapping[str, Any],
) -> Config:
    """Return the configuration from the document, from keywords alone, or from the environment."""
    check_overrides(overrides)
    overrides = _gather_auth(overrides)
    if document is not None:
        name, entry = clouds.from_document(document, cloud)
    elif cloud is None and "auth_url" in (overrides.get("auth") or {}):
        name, entry = "keywords", {}
    else:
        name, entry = clouds.from_environment(cloud, os.environ if environ is None else environ)
    return parse(name, clouds.merge(entry, overrides))


def check_overrides(overrides: Mapping[str, Any]) -> None:
    """Raise TypeError for an unknown keyword."""
    if unknown := sorted(overrides.keys() - _KEYS):
        raise TypeError(f"Connection got unknown keywords: {', '.join(unknown)}.")


def parse(name: str, entry: Mapping[str, Any]) -> Config:
    """Return the configuration in an entry; keys of other services and tools are ignored."""
    region, entry = _select_region(name, entry)
    auth = _auth(name, entry)
    verify = _boolean(entry.get("verify"), True) and not _boolean(entry.get("insecure"), False)
    cert, key = _path(entry.get("cert")), _path(entry.get("key"))
    if key and not cert:
        raise ConfigException(f"The cloud {name} has a `key` without a `cert`.")
    return Config(
        name=name,
        auth=auth,
        auth_type=_auth_type(entry, auth),
        region_name=region,
        interface=_interface(entry),
        endpoint_override=_option(entry, "endpoint_override"),
        microversion=_microversion(entry),
        verify=verify,
        cacert=_path(entry.get("cacert")),
        cert=cert,
        key=key,
        timeout=_number(entry, "api_timeout", DEFAULT_TIMEOUT),
        retries=int(_number(entry, "status_code_retries", DEFAULT_RETRIES)),
    )


def _gather_auth(overrides: Mapping[str, Any]) -> Mapping[str, Any]:
    """Move keys such as `username` into `auth`, where they override the entry's."""
    auth = {key: overrides[key] for key in AUTH_KEYS & overrides.keys()}
    rest = {key: value for key, value in overrides.items() if key not in auth}
    return clouds.merge({"auth": auth}, rest) if auth else rest


def _select_region(name: str, entry: Mapping[str, Any]) -> tuple[str | None, Mapping[str, Any]]:
    """Select one of `regions`: a name, or a map whose `values` override the entry's."""
    region_name = _option(entry, "region_name")
    regions = entry.get("regions") or []
    if not isinstance(regions, list):
        raise ConfigException(f"`regions` of the cloud {name} is not a list.")
    if not regions:
        return region_name, entry
    by_name = dict(map(_region, regions))
    chosen = region_name or next(iter(by_name))
    if chosen not in by_name:
        names = ", ".join(by_name)
        raise ConfigException(f"The cloud {name} has no region {chosen}; it has: {names}.")
    return chosen, clouds.merge(entry, by_name[chosen])


def _region(region: Any) -> tuple[str, Mapping[str, Any]]:
    if not isinstance(region, Mapping):
        return str(region), {}
    values = region.get("values")
    return str(region.get("name")), values if isinstance(values, Mapping) else {}


def _auth(name: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    given = entry.get("auth") or {}
    if not isinstance(given, Mapping):
        raise ConfigException(f"`auth` of the cloud {name} is no map.")
    top_level = {key: entry[key] for key in AUTH_KEYS & entry.keys()}
    auth = {key: value for key, value in {**top_level, **given}.items() if value not in (None, "")}
    for key in AUTH_KEYS & auth.keys():
        if not isinstance(auth[key], str | int | float):
            raise ConfigException(f"`{key}` of the cloud {name} is not text.")
    # YAML reads a password of digits as a number.
    auth = {key: str(v) if isinstance(v, int | float) else v for key, v in auth.items()}
    for old, new in (("tenant_id", "project_id"), ("tenant_name", "project_name")):
        if old in auth:
            auth.setdefault(new, auth.pop(old))
    return _with_domains(auth)


def _with_domains(auth: dict[str, Any]) -> dict[str, Any]:
    """With a project, treat the domain as that of both the user and the project."""
    if not auth.keys() & {"project_id", "project_name"}:
        return auth
    for kind in ("id", "name"):
        if domain := auth.pop(f"domain_{kind}", None):
            auth.setdefault(f"user_domain_{kind}", domain)
            auth.setdefault(f"project_domain_{kind}", domain)
    return auth


def _auth_type(entry: Mapping[str, Any], auth: Mapping[str, Any]) -> str:
    if named := entry.get("auth_type"):
        return str(named)
    if "application_credential_secret" in auth:
        return "v3applicationcredential"
    return "token" if "token" in auth and "password" not in auth else "password"


def _interface(entry: Mapping[str, Any]) -> str:
    named = _option(entry, "interface") or _option(entry, "endpoint_type") or "public"
    interface = named.removesuffix("URL")
    if interface not in ("public", "internal", "admin"):
        raise ConfigException(f"The interface is {named}; it should be public, internal or admin.")
    return interface


def _microversion(entry: Mapping[str, Any]) -> str | None:
    if named := _option(entry, "default_microversion"):
        return None if named == "latest" else named
    # api_version is the major version, but users of openstacksdk write microversions into it too.
    version = _option(entry, "api_version")
    return version if version and "." in version and not version.endswith(".0") else None


def _option(entry: Mapping[str, Any], key: str) -> str | None:
    value = entry.get(f"clustering_{key}", entry.get(key))
    return None if value in (None, "") else str(value)


def _path(value: Any) -> str | None:
    if not value:
        return None
    text = str(value)
    return text if text.lstrip().startswith("-----BEGIN") else os.path.expanduser(text)


def _boolean(value: Any, default: bool) -> bool:
    if value in (None, ""):
        return default
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in ("1", "true", "yes", "on"):
        return True
    if text in ("0", "false", "no", "off"):
        return False
    raise ConfigException(f"`verify` and `insecure` are true or false, not {value}.")


def _number(entry: Mapping[str, Any], key: str, default: float) -> float:
    value = entry.get(f"clustering_{key}", entry.get(key))
    if value in (None, ""):
        return default
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ConfigException(f"`{key}` is {value}; it should be a number.") from None
    if number < 0 or (key == "api_timeout" and number == 0):
        raise ConfigException(f"`{key}` is {value}; it should be positive.")
    return number
