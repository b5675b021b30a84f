"""A cloud behind TLS, by a private authority; its tokens are good for some seconds only."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
import yaml

from sandbox import Sandbox
from tests.operator.keystone import Person, secret
from tests.operator.tenant import TenantWithOperator

pytestmark = pytest.mark.slow

LIFETIME = 15  # seconds
PROFILE = ("SenlinProfile", "web-server")


@pytest.fixture(scope="module")
def secure_sandbox() -> Iterator[Sandbox]:
    with Sandbox.up(audit=True, tls=True, token_lifetime=LIFETIME) as secure:
        secure.apply_crds()
        yield secure


@pytest.fixture
def sandbox(secure_sandbox: Sandbox) -> Sandbox:
    return secure_sandbox


@pytest.fixture
def tenant(tenant_with_operator: TenantWithOperator) -> TenantWithOperator:
    """One alone: whose login a request of the operator is shows in no other way."""
    return tenant_with_operator


@pytest.fixture
def person(tenant: TenantWithOperator) -> Person:
    return Person(tenant.sandbox, f"user-{uuid4().hex[:8]}")


@pytest.fixture
def authority(sandbox: Sandbox) -> str:
    """The certificate that belongs into the Secret."""
    assert sandbox.authority
    return sandbox.authority.read_text()


def test_without_the_authority_the_certificate_is_not_trusted(
    tenant: TenantWithOperator, person: Person, authority: str
) -> None:
    tenant.apply(secret(person.auth), tenant.profile())

    told = tenant.waits_for("Unreachable", *PROFILE)
    assert told["message"] == (
        f"Logging in to Keystone at {tenant.sandbox.keystone.url}/v3: its certificate is not "
        "trusted: unable to get local issuer certificate."
    )

    tenant.apply(secret(person.auth, cacert=authority))
    tenant.ready(*PROFILE)


def test_with_another_authority_the_certificate_is_not_trusted(
    tenant: TenantWithOperator, person: Person, authority: str
) -> None:
    kubernetes = (tenant.sandbox.directory / "pki" / "ca.crt").read_text()
    tenant.apply(secret(person.auth, cacert=kubernetes), tenant.profile())

    told = tenant.waits_for("Unreachable", *PROFILE)
    assert "its certificate is not trusted" in told["message"]

    tenant.apply(secret(person.auth, cacert=authority))
    tenant.ready(*PROFILE)


def test_a_certificate_that_cannot_be_read_is_reported(
    tenant: TenantWithOperator, person: Person, authority: str
) -> None:
    broken = authority.replace("MI", "XX")
    tenant.apply(secret(person.auth, cacert=broken), tenant.profile())

    told = tenant.waits_for("CredentialsUnreadable", *PROFILE)
    assert "`cacert` of the cloud openstack cannot be used" in told["message"]

    tenant.apply(secret(person.auth, cacert=authority))
    tenant.ready(*PROFILE)


@pytest.mark.thorough
def test_with_the_authority_it_works_while_tokens_expire(
    tenant: TenantWithOperator, person: Person, authority: str
) -> None:
    tenant.apply(secret(person.auth, cacert=authority), tenant.profile(), tenant.cluster())
    settled = tenant.ready()
    first = tenant.sandbox.keystone.requests("senlin-operator", "POST")[-1].started

    tenant.eventually(
        lambda: (
            tenant.sandbox.keystone.requests("senlin-operator", "POST")[-1].started
            > first + 2 * LIFETIME
        ),
        "logged in again, twice",
        seconds=4 * LIFETIME,
    )
    now = tenant.get("SenlinCluster", "web")
    assert now
    assert now["metadata"]["resourceVersion"] == settled["metadata"]["resourceVersion"]

    tenant.delete("senlincluster/web", "senlinprofile/web-server")
    tenant.gone("SenlinCluster", "web")
    assert tenant.clusters() == []


def test_a_copied_clouds_yaml_may_name_the_file(tenant: TenantWithOperator, authority: str) -> None:
    """The operator has not that file; the Secret's own key takes its place."""
    copied = tenant.secret()
    assert "cacert:" in copied["stringData"]["clouds.yaml"]
    tenant.apply(copied, tenant.profile())
    told = tenant.waits_for("CredentialsUnreadable", *PROFILE)
    assert "names a file, which is not read here: write its PEM text" in told["message"]

    copied["stringData"]["cacert"] = authority
    tenant.apply(copied)
    tenant.ready(*PROFILE)


def test_the_authority_may_stand_in_clouds_yaml(
    tenant: TenantWithOperator, person: Person, authority: str
) -> None:
    """As PEM text with words around it; the Secret's own key is blank."""
    text = f"# The authority of Zürich\n{authority}"
    written = secret(person.auth, cacert="\n")
    clouds = yaml.safe_load(written["stringData"]["clouds.yaml"])
    clouds["clouds"]["openstack"]["cacert"] = text
    written["stringData"]["clouds.yaml"] = yaml.safe_dump(clouds)
    tenant.apply(written, tenant.profile())
    tenant.ready(*PROFILE)


def test_a_token_works_until_it_expires(
    tenant: TenantWithOperator, person: Person, authority: str
) -> None:
    tenant.apply(secret(person.token(), cacert=authority, auth_type="v3token"), tenant.profile())
    tenant.ready(*PROFILE)

    told = tenant.waits_for("CredentialsRejected", *PROFILE)
    assert "refuses the token of project blue" in told["message"]

    tenant.apply(secret(person.token(), cacert=authority, auth_type="v3token"))
    tenant.ready(*PROFILE)
