"""Parse the values of an entry. A message names the key, and never quotes the value.

A value may be a password in the wrong place, and more people read a message than the file.
"""

import math
import re
from typing import Any
from urllib.parse import urlsplit

from openstack_clustering._microversion import parse, to_text
from openstack_clustering.exceptions import ConfigException

_TRUE = frozenset({"1", "true", "yes", "on", "y", "t"})
_FALSE = frozenset({"0", "false", "no", "off", "n", "f"})
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f]")


def text(name: str, key: str, value: Any) -> str | None:
    """Return a text or a number as text; None if it is absent or blank.

    Args:
        name: The name of the cloud, for messages, here and below.
        key: The name of the key, for messages.
        value: The value in the entry.
    """
    if isinstance(value, str):
        return value if value.strip() else None
    if value is None:
        return None
    if not isinstance(value, bool | int | float):
        raise ConfigException(f"`{key}` of the cloud {name} is not text.")
    return str(value)


def boolean(name: str, key: str, value: Any, *, default: bool) -> bool:
    """Return a boolean, or the word for one in YAML 1.1."""
    word = (text(name, key, value) or str(default)).strip().lower()
    if word not in _TRUE | _FALSE:
        raise ConfigException(f"`{key}` of the cloud {name} should be true or false.")
    return word in _TRUE


def number(name: str, key: str, value: Any, *, default: float, most: float) -> float:
    """Return a number that is at least 0; `most` stands for those above it."""
    written = text(name, key, value)
    if written is None:
        return default
    try:
        parsed = float(written)
    except ValueError:
        parsed = math.nan
    if not 0 <= parsed < math.inf:
        raise ConfigException(f"`{key}` of the cloud {name} should be a positive number.")
    return min(parsed, most)


def address(name: str, key: str, value: Any, region: str | None = None) -> str | None:
    """Return the address of a service, with the region's name in place of `{region_name}`."""
    written = text(name, key, value)
    if written is None:
        return None
    url = written.strip().replace("{region_name}", region or "")
    whose = f"`{key}` of the cloud {name}"
    try:
        parts = urlsplit(url)
        has_host = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number, a bracket that is not closed
        has_host = False
    if not has_host or _UNPRINTABLE.search(url):
        raise ConfigException(f"{whose} should look like https://keystone.example.org:5000/v3.")
    if "{" in url:
        raise ConfigException(f"{whose} has a placeholder other than {{region_name}}.")
    if "@" in url.split("/")[2]:
        raise ConfigException(f"{whose} has a user in it, who belongs into `auth`.")
    return url


def microversion(name: str, key: str, value: Any) -> str | None:
    """Return a microversion such as 1.14; None stands for the highest one."""
    written = text(name, key, value)
    if written is None or written == "latest":
        return None
    try:
        return to_text(parse(written))
    except ConfigException:
        raise ConfigException(f"`{key}` of the cloud {name} should look like 1.14.") from None


def is_pem(value: str) -> bool:
    """Whether it is PEM text, and not the path of a file."""
    return "-----BEGIN " in value
