"""Parse a cloud's entry into one plain, validated object.

The keys and their precedence are those of openstacksdk's loader, to which tests/clouds compares
this one. Only what a `Config` has reaches a connection: all other keys are ignored.
"""

import os
import ssl
from collections.abc import Mapping
from typing import Any, NamedTuple

from openstack_clustering import _clouds as clouds
from openstack_clustering import _values as values
from openstack_clustering._arguments import check_names
from openstack_clustering._entry import in_one_region, overlaid
from openstack_clustering._login import auth_of, login_kind
from openstack_clustering._login_kinds import AUTH_KEYS
from openstack_clustering.exceptions import ConfigException

DEFAULT_TIMEOUT = 60.0  # seconds, for a whole request
DEFAULT_RETRIES = 2  # of requests that are safe to repeat
_MAX_TIMEOUT = 3600.0  # seconds
_MAX_RETRIES = 10

FILES = ("cacert", "cert", "key")
_PREFIXES = ("clustering_", "resource_cluster_", "cluster_")  # the service's type and its aliases
# Without a prefix these hold for all services; the others would be those of another one.
_GENERAL_KEYS = frozenset({"endpoint_type", "interface", "region_name", "status_code_retries"})
_SERVICE_KEYS = _GENERAL_KEYS | {"api_version", "default_microversion", "endpoint_override"}
_KEYS = (
    AUTH_KEYS
    | _SERVICE_KEYS
    | {f"clustering_{key}" for key in _SERVICE_KEYS}
    | {"api_timeout", "auth", "auth_type", "insecure", "verify", *FILES}
)
# The parameters of `Connection`, for its message about an unknown keyword.
_PARAMETERS = (
    *("cloud", "clouds", "config", "session", "environ", "timeout", "connect_timeout"),
    *("max_reply_size", "max_list_size", "pool_size", "app_name", "app_version"),
    *("before_request", "after_request", "connect_guard"),
)
# Keys of clouds.yaml that mean nothing here. As keywords they are taken where a file may have them.
_OF_A_SERVICE = frozenset(
    {
        *("api_timeout", "api_version", "connect_retries", "connect_retry_delay"),
        *("default_microversion", "endpoint", "endpoint_override", "endpoint_type", "interface"),
        *("max_version", "min_version", "region_name", "retriable_status_codes", "service_name"),
        *("service_type", "status_code_retries", "status_code_retry_delay"),
    }
)
_OTHERS = frozenset(
    {
        *("auth_methods", "cache", "client_config", "connect_retries", "database_type"),
        *("disable_vendor_agent", "external_network", "floating_ip_source", "force_ipv4"),
        *("image_api_use_tasks", "image_format", "internal_network", "message", "metrics"),
        *("networks", "private", "secgroup_source", "statsd", "status", "vendor_hook"),
    }
)


class Config(NamedTuple):
    """The login, the endpoint, and the options of the requests."""

    name: str = ""
    auth: Mapping[str, Any] = {}  # of a kind in `KINDS` only the keys that it takes
    auth_type: str = "password"
    region_name: str | None = None
    interface: str | list[str] = "public"  # a list: the first that the catalogue has
    endpoint_override: str | None = None
    microversion: str | None = None  # None: the highest that client and server support
    verify: bool = True
    cacert: str | None = None  # a path, or PEM text; None without `verify`
    cert: str | None = None
    key: str | None = None
    tls: ssl.SSLContext | None = None  # what these five say, if it has been made already
    timeout: float = DEFAULT_TIMEOUT
    retries: int = DEFAULT_RETRIES

    def __repr__(self) -> str:
        return f"Config({self.name})"  # the other fields include the password


def load(
    cloud: str | None,
    *,
    document: object,
    environ: Mapping[str, str] | None,
    overrides: Mapping[str, Any],
) -> Config:
    """Return the configuration from the document, from keywords alone, or from the environment."""
    check_overrides(overrides)
    if document is not None:
        name, entry = clouds.from_document(document, cloud)
    elif cloud is None and "auth_url" in {**overrides, **(overrides.get("auth") or {})}:
        name, entry = "keywords", {}
    else:
        name, entry = clouds.from_environment(cloud, os.environ if environ is None else environ)
    return parse(name, entry, overrides)


def check_overrides(overrides: Mapping[str, Any]) -> None:
    """Raise InvalidArgument for a keyword that is no key of clouds.yaml either."""
    unknown = [key for key in overrides if key not in _KEYS and not _is_of_others(key)]
    check_names("Connection", unknown, {*_KEYS, *_PARAMETERS})


def _is_of_others(key: str) -> bool:
    """Whether it is a key of clouds.yaml that says something of other services or programs."""
    if key in _OTHERS:
        return True
    from os_service_types import ServiceTypes  # keystoneauth1 needs it too, but not at its import

    parts = key.split("_")
    services = {"-".join(parts[:end]): "_".join(parts[end:]) for end in range(1, len(parts))}
    known = ServiceTypes()
    return any(option in _OF_A_SERVICE and known.is_known(it) for it, option in services.items())


def of_region(region: Any) -> dict[str, Any]:
    """Return what an openstacksdk CloudRegion says of the clustering service, as keywords."""
    service = "clustering"
    given = {
        "region_name": region.get_region_name(service),
        "interface": region.get_interface(service),
        "endpoint_override": region.get_endpoint(service),
        "api_version": region.get_api_version(service),
        "default_microversion": region.get_default_microversion(service),
        "status_code_retries": region.get_status_code_retries(service),
        "api_timeout": region.config.get("api_timeout"),
    }
    return {key: value for key, value in given.items() if value is not None}


def parse(
    name: str, entry: Mapping[str, Any], overrides: Mapping[str, Any] | None = None
) -> Config:
    """Return the configuration in an entry; keys of other services and tools are ignored.

    Args:
        name: The name of the cloud, for messages.
        entry: Its settings, by the keys of clouds.yaml.
        overrides: Settings that take precedence over the entry's.

    Raises:
        ConfigException: A value cannot be used.
    """
    overrides = overrides or {}
    region = values.text(name, "region_name", overrides.get("region_name"))
    entry = _overridden(in_one_region(name, entry, region), overrides)
    region = entry["region_name"]
    auth_type = login_kind(name, entry)
    verify = values.boolean(name, "verify", entry.get("verify"), default=True)
    insecure = values.boolean(name, "insecure", entry.get("insecure"), default=False)
    verify = verify and not insecure
    cacert, cert, key = (_file(name, file, entry.get(file)) for file in FILES)
    if key and not cert:
        raise ConfigException(f"The cloud {name} has a `key` without a `cert`.")
    timeout, retries = entry.get("api_timeout"), _option(entry, "status_code_retries")
    return Config(
        name=name,
        auth=auth_of(name, auth_type, entry),
        auth_type=auth_type,
        region_name=values.text(name, "region_name", _option(entry, "region_name")),
        interface=_interface(name, _option(entry, "endpoint_type", "interface")),
        endpoint_override=_endpoint(name, entry, region),
        microversion=_microversion(name, entry),
        verify=verify,
        cacert=cacert if verify else None,
        cert=cert,
        key=key,
        timeout=_timeout(name, timeout),
        retries=int(
            values.number(
                name, "status_code_retries", retries, default=DEFAULT_RETRIES, most=_MAX_RETRIES
            )
        ),
    )


def _overridden(entry: Mapping[str, Any], overrides: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the entry with the keywords, wherever the entry has the same settings."""
    auth = {key: overrides[key] for key in AUTH_KEYS & overrides.keys()}
    auth = {**auth, **(overrides.get("auth") or {})}
    rest = {
        f"clustering_{key}" if key in _SERVICE_KEYS else key: value
        for key, value in overrides.items()
        if key not in auth
    }
    hidden = {*auth, *(["clustering_endpoint_type"] if "clustering_interface" in rest else [])}
    below = {key: value for key, value in entry.items() if key not in hidden}
    return overlaid(below, {**rest, "auth": auth})


def _option(entry: Mapping[str, Any], *keys: str) -> Any:
    """Return the value for the clustering service, or else the one for all services."""
    names = [f"{prefix}{key}" for prefix in _PREFIXES for key in keys]
    names += [key for key in keys if key in _GENERAL_KEYS]
    return next((entry[name] for name in names if entry.get(name) not in (None, "")), None)


def _interface(name: str, given: Any) -> str | list[str]:
    several = given if isinstance(given, list) else [given]
    chosen = [
        (values.text(name, "interface", each) or "public").removesuffix("URL") for each in several
    ]
    if not chosen or not {*chosen} <= {"public", "internal", "admin"}:
        raise ConfigException(
            f"`interface` of the cloud {name} should be public, internal or admin."
        )
    return chosen[0] if len(chosen) == 1 else chosen


def _endpoint(name: str, entry: Mapping[str, Any], region: str | None) -> str | None:
    given = _option(entry, "endpoint_override") or _option(entry, "endpoint")
    return values.address(name, "clustering_endpoint_override", given, region)


def _microversion(name: str, entry: Mapping[str, Any]) -> str | None:
    key = "default_microversion"
    if named := values.text(name, key, _option(entry, key)):
        return values.microversion(name, key, named)
    # api_version is the major version, but users of openstacksdk write microversions into it too.
    version = values.text(name, "api_version", _option(entry, "api_version")) or ""
    is_minor = "." in version and not version.endswith(".0")
    return values.microversion(name, "api_version", version) if is_minor else None


def _timeout(name: str, given: Any) -> float:
    timeout = values.number(name, "api_timeout", given, default=DEFAULT_TIMEOUT, most=_MAX_TIMEOUT)
    if timeout == 0:
        raise ConfigException(f"`api_timeout` of the cloud {name} should be a positive number.")
    return timeout


def _file(name: str, key: str, given: Any) -> str | None:
    value = values.text(name, key, given)
    return os.path.expanduser(value) if value and not values.is_pem(value) else value
