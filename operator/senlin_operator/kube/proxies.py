"""Which HTTP proxy leads to the API server, by the environment, as kubectl reads it.

Source: golang.org/x/net/http/httpproxy, which kubectl and all programs built on client-go use.
aiohttp reads the same variables in another manner: it takes no networks in NO_PROXY, and compares
host names with the ends of words.
"""

import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

_PORTS = {"http": 80, "https": 443}
_SCHEMES = ("http", "https")  # of proxies; aiohttp speaks no SOCKS
_HOST_AND_PORT = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]*):(?P<port>[^:\[\]]*)")
_NETWORK = re.compile(r"[0-9a-f.:]+/\d+")


class BadProxy(ValueError):
    """A proxy has an address that cannot be used; the message does not have its password."""


def proxy_for(url: str, environ: Mapping[str, str]) -> str | None:
    """Return the address of the proxy for requests to a URL; None: there is none.

    Args:
        url: The address of the server, with its scheme.
        environ: The environment: HTTPS_PROXY or HTTP_PROXY, and NO_PROXY, in upper or lower case.

    Raises:
        BadProxy: The variable has no address of an HTTP proxy.
    """
    target = urlsplit(url)
    if target.scheme not in _PORTS:
        return None
    variable = f"{target.scheme}_proxy".upper()
    proxy = environ.get(variable) or environ.get(variable.lower())
    if not proxy or not _is_proxied(target, environ.get("NO_PROXY") or environ.get("no_proxy", "")):
        return None
    return checked(proxy, variable)


def checked(proxy: str, source: str) -> str:
    """Return the address of a proxy with its scheme, which is http by default.

    Args:
        proxy: The address, such as `proxy:3128` or `http://user:password@proxy:3128`.
        source: The variable or the field that has it, for the error.

    Raises:
        BadProxy: It is no address of an HTTP proxy.
    """
    address = proxy if "://" in proxy else f"http://{proxy}"
    scheme = address.partition("://")[0].lower()
    if scheme not in _SCHEMES:
        text = f"{source} names a proxy of the scheme {scheme}; it may be http or https."
        raise BadProxy(text)
    try:
        parts = urlsplit(address)
        usable = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable:
        raise BadProxy(f"{source} is not the address of a proxy, such as http://proxy:3128.")
    return address


def _is_proxied(target: SplitResult, exceptions: str) -> bool:
    host = (target.hostname or "").lower()
    port = str(target.port or _PORTS[target.scheme])
    address = _address(host)
    if host == "localhost" or (address and address.is_loopback):
        return False
    entries = [entry.strip().lower() for entry in exceptions.split(",")]
    return not any(_matches(entry, host, port, address) for entry in entries if entry)


def _matches(entry: str, host: str, port: str, address: "_Address | None") -> bool:
    """Return whether an entry of NO_PROXY stands for the host."""
    if entry == "*":
        return True
    if network := _network(entry):
        return address is not None and address in network
    split = _HOST_AND_PORT.fullmatch(entry)
    name, wanted_port = (split["host"].strip("[]"), split["port"]) if split else (entry, "")
    if not name or (wanted_port and wanted_port != port):
        return False
    if (excepted := _address(name)) or address:
        return address == excepted
    domain = name.removeprefix("*")
    if domain.startswith("."):
        return host.endswith(domain)
    return host == domain or host.endswith(f".{domain}")


_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _address(text: str) -> _Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def _network(text: str) -> _Network | None:
    if not _NETWORK.fullmatch(text):  # Python's reader also takes addresses, and masks of dots
        return None
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
