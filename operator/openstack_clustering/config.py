"""What a cloud's entry means to this client: one plain object, checked once.

The keys are those of clouds.yaml. A key for one service (`clustering_interface`) wins over the
general one (`interface`).
"""

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from openstack_clustering import clouds
from openstack_clustering.exceptions import ConfigException

DEFAULT_TIMEOUT = 60.0  # seconds, for the connection and for each wait for data
DEFAULT_RETRIES = 2  # of what is safe to repeat

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
    """How to log in, where the service is, and how to talk to it."""

    name: str = ""
    auth: Mapping[str, Any] = {}
    auth_type: str = "password"
    region_name: str | None = None
    interface: str = "public"
    endpoint_override: str | None = None
    microversion: str | None = None  # None: the highest that both sides know
    verify: bool = True
    cacert: str | None = None  # a path, or the PEM text itself
    cert: str | None = None
    key: str | None = None
    timeout: float = DEFAULT_TIMEOUT
    retries: int = DEFAULT_RETRIES

    def __repr__(self) -> str:
        return f"Config({self.name})"  # the rest has the password in it


def load(
    cloud: str | None,
    *,
    document: Mapping[str, Any] | None,
    environ: Mapping[str, str] | None,
    overrides: Mapping[str, Any],
) -> Config:
    """Return the configuration from a given document, or keywords alone, or the surroundings."""
    check_overrides(overrides)
    overrides = _with_auth_together(overrides)
    if document is not None:
        name, entry = clouds.from_document(document, cloud)
    elif cloud is None and "auth_url" in (overrides.get("auth") or {}):
        name, entry = "keywords", {}
    else:
        name, entry = clouds.from_surroundings(cloud, os.environ if environ is None else environ)
    return interpret(name, clouds.merged(entry, overrides))


def check_overrides(overrides: Mapping[str, Any]) -> None:
    """Raise TypeError for a keyword that nobody would read."""
    if unknown := sorted(overrides.keys() - _KEYS):
        raise TypeError(f"Connection got unknown keywords: {', '.join(unknown)}.")


def interpret(name: str, entry: Mapping[str, Any]) -> Config:
    """Return what the entry means; keys for other services and tools are left unread."""
    region, entry = _in_region(name, entry)
    auth = _auth(name, entry)
    verify = _is_true(entry.get("verify"), True) and not _is_true(entry.get("insecure"), False)
    cert, key = _path(entry.get("cert")), _path(entry.get("key"))
    if key and not cert:
        raise ConfigException(f"The cloud {name} has a `key` without a `cert`.")
    return Config(
        name=name,
        auth=auth,
        auth_type=_auth_type(entry, auth),
        region_name=region,
        interface=_interface(entry),
        endpoint_override=_service(entry, "endpoint_override"),
        microversion=_microversion(entry),
        verify=verify,
        cacert=_path(entry.get("cacert")),
        cert=cert,
        key=key,
        timeout=_number(entry, "api_timeout", DEFAULT_TIMEOUT),
        retries=int(_number(entry, "status_code_retries", DEFAULT_RETRIES)),
    )


def _with_auth_together(overrides: Mapping[str, Any]) -> Mapping[str, Any]:
    """Move `username` and the like into `auth`, where they win over the entry's."""
    beside = {key: overrides[key] for key in AUTH_KEYS & overrides.keys()}
    rest = {key: value for key, value in overrides.items() if key not in beside}
    return clouds.merged({"auth": beside}, rest) if beside else rest


def _in_region(name: str, entry: Mapping[str, Any]) -> tuple[str | None, Mapping[str, Any]]:
    """Choose among `regions`, whose members may be names or maps with values of their own."""
    wanted = _service(entry, "region_name")
    regions = entry.get("regions") or []
    if not isinstance(regions, list):
        raise ConfigException(f"`regions` of the cloud {name} is no list.")
    if not regions:
        return wanted, entry
    named = dict(map(_region, regions))
    chosen = wanted or next(iter(named))
    if chosen not in named:
        names = ", ".join(named)
        raise ConfigException(f"The cloud {name} has no region {chosen}; it has: {names}.")
    return chosen, clouds.merged(entry, named[chosen])


def _region(region: Any) -> tuple[str, Mapping[str, Any]]:
    if not isinstance(region, Mapping):
        return str(region), {}
    values = region.get("values")
    return str(region.get("name")), values if isinstance(values, Mapping) else {}


def _auth(name: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    given = entry.get("auth") or {}
    if not isinstance(given, Mapping):
        raise ConfigException(f"`auth` of the cloud {name} is no map.")
    beside = {key: entry[key] for key in AUTH_KEYS & entry.keys()}
    auth = {key: value for key, value in {**beside, **given}.items() if value not in (None, "")}
    for key in AUTH_KEYS & auth.keys():
        if not isinstance(auth[key], str | int | float):
            raise ConfigException(f"`{key}` of the cloud {name} is no text.")
    # A password of digits only is a number to YAML.
    auth = {key: str(v) if isinstance(v, int | float) else v for key, v in auth.items()}
    for old, new in (("tenant_id", "project_id"), ("tenant_name", "project_name")):
        if old in auth:
            auth.setdefault(new, auth.pop(old))
    return _with_domains(auth)


def _with_domains(auth: dict[str, Any]) -> dict[str, Any]:
    """Read a domain beside a project as the domain of both the user and the project."""
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
    named = _service(entry, "interface") or _service(entry, "endpoint_type") or "public"
    interface = named.removesuffix("URL")
    if interface not in ("public", "internal", "admin"):
        raise ConfigException(f"The interface is {named}; it should be public, internal or admin.")
    return interface


def _microversion(entry: Mapping[str, Any]) -> str | None:
    if named := _service(entry, "default_microversion"):
        return None if named == "latest" else named
    # An api_version is the major version, but the SDK's users put the minor one there as well.
    version = _service(entry, "api_version")
    return version if version and "." in version and not version.endswith(".0") else None


def _service(entry: Mapping[str, Any], key: str) -> str | None:
    value = entry.get(f"clustering_{key}", entry.get(key))
    return None if value in (None, "") else str(value)


def _path(value: Any) -> str | None:
    if not value:
        return None
    text = str(value)
    return text if text.lstrip().startswith("-----BEGIN") else os.path.expanduser(text)


def _is_true(value: Any, default: bool) -> bool:
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
