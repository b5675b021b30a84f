"""Where credentials may lead.

Whoever may write a Secret must not reach what only the operator's machine can reach. So an address
that comes from a clouds.yaml, a catalogue or a redirect is checked right before it is connected to.
The host's name alone says nothing, as its owner decides what it resolves to.
"""

import socket
from collections.abc import Sequence
from fnmatch import fnmatchcase
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from urllib.parse import urlsplit

from openstack_clustering.exceptions import ConfigException

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# The machine itself, what only it can reach, and groups of machines.
_LOCAL = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",
            "127.0.0.0/8",
            "169.254.0.0/16",  # the metadata service of most clouds among them
            "224.0.0.0/4",
            "255.255.255.255/32",
            "::/128",
            "::1/128",
            "fe80::/10",
            "ff00::/8",
            # Metadata services elsewhere: Alibaba, Azure, Oracle, AWS, Google.
            "100.100.100.200/32",
            "168.63.129.16/32",
            "192.0.0.192/32",
            "fd00:ec2::254/128",
            "fd20:ce::254/128",
        ),
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address


class Endpoints:
    """The hosts and networks that credentials may lead to; many threads may share it."""

    def __init__(self, allowed: Sequence[str] = (), api_server: str = "") -> None:
        """Take what is allowed, and the URL of the Kubernetes API server, which never is.

        Args:
            allowed: Networks, addresses, names of hosts, and suffixes of names such as
                `*.example.com`; none: all that is not local. A local address is allowed only by a
                network that is itself local, such as `127.0.0.0/8`, not by `0.0.0.0/0`.
            api_server: The URL.
        """
        networks = {it: _network(it) for it in allowed}
        self._networks = [network for network in networks.values() if network]
        self._names = [it.lower() for it, network in networks.items() if not network]
        self._api_server = urlsplit(api_server)

    def check(self, host: str, address: str | None, port: int) -> None:
        """Allow a connection, as `connect_guard` of the client.

        Args:
            host: The host in the URL: a name or an address.
            address: The address to connect to; None: a proxy connects.
            port: The port.

        Raises:
            ConfigException: It is not allowed; the message says who can change that.
        """
        known = _address(address or host)
        if self._is_api_server(host, known, port):
            raise ConfigException(f"{_of(known, host)} is the Kubernetes API server's.")
        if not self._allows(host.lower().rstrip("."), known):
            raise ConfigException(
                f"{_of(known, host)} is not allowed; an administrator can allow it with the "
                "operator's setting allowed-endpoints."
            )

    def _allows(self, host: str, known: Address | None) -> bool:
        networks = [it for it in self._networks if known is not None and known in it]
        if known is not None and any(known in it for it in _LOCAL):
            return any(_is_local(it) for it in networks)
        if not self._networks and not self._names:
            return True
        return bool(networks) or any(fnmatchcase(host, name) for name in self._names)

    def _is_api_server(self, host: str, known: Address | None, port: int) -> bool:
        server = self._api_server.hostname
        if server is None or port != (self._api_server.port or 443):
            return False
        return host.lower() == server or (known is not None and known in _resolved(server))


def _network(text: str) -> Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def _is_local(network: Network) -> bool:
    return any(network.network_address in it and network.broadcast_address in it for it in _LOCAL)


def _of(known: Address | None, host: str) -> str:
    if known is None or host == str(known):
        return f"The address {host}"
    return f"The address {known} of {host}"


def _address(text: str) -> Address | None:
    """Return the address that packets go to; None: the text is a name."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
        return address.ipv4_mapped or address
    return address


def _resolved(name: str) -> set[Address | None]:
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except OSError:
        return set()
    return {_address(str(entry[4][0])) for entry in found}
