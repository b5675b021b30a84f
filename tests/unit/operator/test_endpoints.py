"""Where credentials may lead: the rules about addresses, without a connection."""

import pytest

from openstack_clustering.exceptions import ConfigException
from senlin_operator.cloud.endpoints import Endpoints

LOCAL = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "0.1.2.3",
    "169.254.169.254",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "100.100.100.200",
    "168.63.129.16",
    "fd00:ec2::254",
    "fd20:ce::254",
]
ELSEWHERE = ["10.0.0.1", "172.16.0.1", "192.168.1.1", "203.0.113.1", "2001:db8::1", "fd00::1"]


def allows(endpoints: Endpoints, host: str, address: str | None, port: int = 5000) -> bool:
    try:
        endpoints.check(host, address, port)
    except ConfigException:
        return False
    return True


@pytest.mark.parametrize("address", LOCAL)
@pytest.mark.parametrize("host", ["keystone.example.com", None])
def test_a_local_address_is_refused(address: str, host: str | None) -> None:
    assert not allows(Endpoints(), host or address, address)


@pytest.mark.parametrize("address", LOCAL)
@pytest.mark.parametrize("allowed", [("0.0.0.0/0", "::/0"), ("*.example.com",)])
def test_what_is_said_of_all_or_of_a_name_allows_no_local_address(
    address: str, allowed: tuple[str, ...]
) -> None:
    """The owner of a name decides what it resolves to."""
    assert not allows(Endpoints(allowed), "keystone.example.com", address)


@pytest.mark.parametrize("address", ELSEWHERE)
def test_other_addresses_are_allowed(address: str) -> None:
    assert allows(Endpoints(), "keystone.example.com", address)


@pytest.mark.parametrize(
    ("allowed", "address"),
    [
        ("127.0.0.0/8", "127.0.0.1"),
        ("127.0.0.0/8", "::ffff:127.0.0.1"),
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
        ("fe80::/64", "fe80::1"),
        ("169.254.10.0/24", "169.254.10.7"),
    ],
)
def test_a_local_address_is_allowed_by_a_local_network(allowed: str, address: str) -> None:
    assert allows(Endpoints([allowed]), "keystone", address)


@pytest.mark.parametrize(
    ("host", "address", "expected"),
    [
        ("a", "10.20.1.1", True),
        ("a", "10.21.1.1", False),
        ("a", "127.0.0.1", False),
        ("keystone.example.com", "203.0.113.1", True),
        ("Keystone.Example.com.", "203.0.113.1", True),
        ("deep.cloud.example.org", "203.0.113.1", True),
        ("cloud.example.org", "203.0.113.1", False),
        ("keystone.example.com.evil.org", "203.0.113.1", False),
        ("keystone.example.com", None, True),
        ("other.example.com", None, False),
        ("10.20.1.1", None, True),
        ("169.254.169.254", None, False),
    ],
)
def test_a_list_allows_what_is_in_it_alone(host: str, address: str | None, expected: bool) -> None:
    endpoints = Endpoints(["10.20.0.0/16", "keystone.example.com", "*.cloud.example.org"])

    assert allows(endpoints, host, address) is expected


@pytest.mark.parametrize(
    ("url", "host", "address", "port", "expected"),
    [
        ("https://10.96.0.1:443", "10.96.0.1", "10.96.0.1", 443, False),
        ("https://10.96.0.1", "a-name", "10.96.0.1", 443, False),
        ("https://10.96.0.1:6443", "a-name", "::ffff:10.96.0.1", 6443, False),
        ("https://10.96.0.1:6443", "10.96.0.1", "10.96.0.1", 5000, True),
        ("https://10.96.0.1:6443", "10.96.0.2", "10.96.0.2", 6443, True),
        ("https://[2001:db8::6]:6443", "x", "2001:db8::6", 6443, False),
        ("https://kube.example.com:6443", "KUBE.example.com", None, 6443, False),
        ("https://localhost:6443", "x", "127.0.0.1", 6443, False),
    ],
)
def test_the_api_server_is_never_allowed(
    url: str, host: str, address: str | None, port: int, expected: bool
) -> None:
    """Not even by an administrator's list, which names networks."""
    endpoints = Endpoints(["0.0.0.0/0", "::/0", "127.0.0.0/8", "*.example.com"], url)

    assert allows(endpoints, host, address, port) is expected


@pytest.mark.parametrize(
    ("host", "address", "message"),
    [
        ("127.0.0.1", "127.0.0.1", "The address 127.0.0.1 is not allowed"),
        ("evil.org", "127.0.0.1", "The address 127.0.0.1 of evil.org is not allowed"),
    ],
)
def test_the_refusal_says_who_can_change_it(host: str, address: str, message: str) -> None:
    with pytest.raises(ConfigException) as caught:
        Endpoints().check(host, address, 80)

    assert str(caught.value) == (
        f"{message}; an administrator can allow it with the operator's setting allowed-endpoints."
    )
