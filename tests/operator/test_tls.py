"""A cloud behind TLS, by a private authority; its tokens are good for some seconds only."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from sandbox import Sandbox
from tests.operator.keystone import Person, secret
from tests.operator.world import World

LIFETIME = 15  # seconds
PROFILE = ("SenlinProfile", "web-server")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox.up(audit=True, tls=True, token_lifetime=LIFETIME) as secure:
        secure.apply_crds()
        yield secure


@pytest.fixture
def person(world: World) -> Person:
    return Person(world.sandbox, f"user-{uuid4().hex[:8]}")


@pytest.fixture
def authority(sandbox: Sandbox) -> str:
    """The certificate that belongs into the Secret."""
    assert sandbox.authority
    return sandbox.authority.read_text()


def test_without_the_authority_it_says_that_nobody_vouches(
    world: World, person: Person, authority: str
) -> None:
    world.apply(secret(person.auth), world.profile())

    told = world.waits_for("Unreachable", *PROFILE)
    assert told["message"] == (
        f"Logging in to Keystone at {world.sandbox.keystone.url}/v3: its certificate is not "
        "trusted: unable to get local issuer certificate."
    )

    world.apply(secret(person.auth, cacert=authority))
    world.ready(*PROFILE)


def test_with_another_authority_it_says_the_same(
    world: World, person: Person, authority: str
) -> None:
    kubernetes = (world.sandbox.directory / "pki" / "ca.crt").read_text()
    world.apply(secret(person.auth, cacert=kubernetes), world.profile())

    told = world.waits_for("Unreachable", *PROFILE)
    assert "its certificate is not trusted" in told["message"]

    world.apply(secret(person.auth, cacert=authority))
    world.ready(*PROFILE)


def test_an_authority_that_is_none_is_told(world: World, person: Person, authority: str) -> None:
    broken = authority.replace("MI", "XX")
    world.apply(secret(person.auth, cacert=broken), world.profile())

    told = world.waits_for("CredentialsUnreadable", *PROFILE)
    assert "The PEM text of `cacert` cannot be used" in told["message"]

    world.apply(secret(person.auth, cacert=authority))
    world.ready(*PROFILE)


def test_with_it_all_works_though_tokens_expire(
    world: World, person: Person, authority: str
) -> None:
    world.apply(secret(person.auth, cacert=authority), world.profile(), world.cluster())
    settled = world.ready()
    first = world.sandbox.keystone.requests("senlin-operator", "POST")[-1].started

    world.eventually(
        lambda: (
            world.sandbox.keystone.requests("senlin-operator", "POST")[-1].started
            > first + 2 * LIFETIME
        ),
        "logged in again, twice",
        seconds=4 * LIFETIME,
    )
    now = world.get("SenlinCluster", "web")
    assert now
    assert now["metadata"]["resourceVersion"] == settled["metadata"]["resourceVersion"]

    world.delete("senlincluster/web", "senlinprofile/web-server")
    world.gone("SenlinCluster", "web")
    assert world.clusters() == []


def test_a_copied_clouds_yaml_may_name_the_file(world: World, authority: str) -> None:
    """The operator has not that file; the Secret's own key takes its place."""
    copied = world.secret()
    assert "cacert:" in copied["stringData"]["clouds.yaml"]
    world.apply(copied, world.profile())
    told = world.waits_for("CredentialsUnreadable", *PROFILE)
    assert "goes into the Secret's own key cacert" in told["message"]

    copied["stringData"]["cacert"] = authority
    world.apply(copied)
    world.ready(*PROFILE)


def test_a_token_works_until_it_expires(world: World, person: Person, authority: str) -> None:
    world.apply(secret(person.token(), cacert=authority, auth_type="v3token"), world.profile())
    world.ready(*PROFILE)

    told = world.waits_for("CredentialsRejected", *PROFILE)
    assert "refuses the token of project blue" in told["message"]

    world.apply(secret(person.token(), cacert=authority, auth_type="v3token"))
    world.ready(*PROFILE)
