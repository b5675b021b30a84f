"""A cloud behind TLS, whose certificate only those trust who know its authority."""

from collections.abc import Iterator

import pytest
import requests

from openstack_clustering import Connection
from sandbox import Sandbox


@pytest.fixture(scope="module")
def secure_cloud() -> Iterator[Sandbox]:
    with Sandbox.up(kubernetes=False, tls=True) as cloud:
        yield cloud


def test_only_its_authority_vouches_for_it(secure_cloud: Sandbox) -> None:
    for server in (secure_cloud.keystone, secure_cloud.senlin):
        assert server.url.startswith("https://")
        with pytest.raises(requests.exceptions.SSLError, match="unable to get local issuer"):
            requests.get(server.url, timeout=5)
        assert requests.get(server.url, timeout=5, verify=str(secure_cloud.authority)).ok


def test_a_user_finds_senlin_through_the_catalogue(secure_cloud: Sandbox) -> None:
    with Connection("openstack", clouds=secure_cloud.clouds()) as connection:
        assert list(connection.cluster.clusters()) == []

    [login] = secure_cloud.keystone.requests(caller="openstack-clustering", method="POST")
    assert (login.user, login.status) == ("blue-1", 201)
