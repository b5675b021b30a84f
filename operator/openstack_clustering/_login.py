"""Gather what a login needs from an entry: from `auth`, from beside it, and by older names."""

from collections.abc import Iterator, Mapping
from typing import Any

from openstack_clustering import _values as values
from openstack_clustering._login_kinds import (
    AUTH_KEYS,
    DEFAULT_DOMAIN_KEYS,
    DEFAULT_DOMAIN_KINDS,
    GENERIC,
    KINDS,
    implied,
)
from openstack_clustering.exceptions import ConfigException

# Of these the value beside `auth` wins in openstacksdk, of all others the one in it.
_BESIDE_WINS = frozenset(
    {
        "domain_id",
        "domain_name",
        "passcode",
        "project_domain_id",
        "project_domain_name",
        "project_id",
        "project_name",
        "token",
        "user_domain_id",
        "user_domain_name",
    }
)
_OLD_NAMES = {
    "project_id": "tenant_id",
    "project_name": "tenant_name",
    "token": "auth_token",
    "username": "user_name",
}
_ADDRESSES = ("auth_url", "access_token_endpoint", "discovery_endpoint")


def login_kind(name: str, entry: Mapping[str, Any]) -> str:
    """Return the `auth_type`, or the one that the given keys imply."""
    return values.text(name, "auth_type", entry.get("auth_type")) or implied(_gathered(name, entry))


def auth_of(name: str, kind: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a login, by the names of today.

    Args:
        name: The name of the cloud, for messages.
        kind: The `auth_type`.
        entry: The cloud in one region.

    Raises:
        ConfigException: A value is no text, or no address.
    """
    auth = _with_domains(_gathered(name, entry))
    if kind in GENERIC:
        for key in DEFAULT_DOMAIN_KEYS:
            if domain := auth.get(key):
                part = key.removeprefix("default_")
                auth = {f"user_{part}": domain, f"project_{part}": domain, **auth}
    if kind in DEFAULT_DOMAIN_KINDS:
        auth = _with_default_domain(name, auth, entry)
    for key in _ADDRESSES:
        if key in auth:
            auth[key] = values.address(name, key, auth[key], entry["region_name"])
    if kind not in KINDS:  # the plugin says which options it has
        return {**entry, **entry["auth"], **auth}
    if "idp_otp_key" in {**entry, **entry["auth"]}:
        raise ConfigException(f"`idp_otp_key` of the cloud {name} would have a person asked.")
    taken = ("auth_url", *KINDS[kind].keys)
    return {key: value for key, value in auth.items() if key in taken}


def _gathered(name: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    auth: dict[str, Any] = {}
    for key in AUTH_KEYS:
        texts = (values.text(name, key, value) for value in _candidates(key, entry))
        if given := next(filter(None, texts), None):
            auth[key] = given
    return auth


def _candidates(key: str, entry: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the values for a key, the one that wins first."""
    auth = entry["auth"]
    names = [key, *([_OLD_NAMES[key]] if key in _OLD_NAMES else [])]
    if key in _BESIDE_WINS:
        yield from (source.get(each) for each in names for source in (entry, auth))
    else:
        yield from (source.get(each) for source in (auth, entry) for each in names)


def _with_domains(auth: dict[str, Any]) -> dict[str, Any]:
    """With a project, treat the domain as that of both the user and the project."""
    if not auth.keys() & {"project_id", "project_name"}:
        return auth
    for part in ("domain_id", "domain_name"):
        if domain := auth.pop(part, None):
            auth = {f"user_{part}": domain, f"project_{part}": domain, **auth}
    return auth


def _with_default_domain(
    name: str, auth: dict[str, Any], entry: Mapping[str, Any]
) -> dict[str, Any]:
    """Use the id in `default_domain`, a key of the `openstack` command, for what has no domain."""
    key = "default_domain"
    given = values.text(name, key, entry.get(key)) or values.text(name, key, entry["auth"].get(key))
    missing = [
        f"{what}_domain_id"
        for what in ("user", "project")
        if not auth.keys() & {f"{what}_domain_id", f"{what}_domain_name"}
    ]
    return {**auth, **dict.fromkeys(missing, given)} if given else auth
