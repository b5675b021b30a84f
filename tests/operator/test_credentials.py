"""Credentials that change, end, or are wrong: said plainly, and healed by the Secret alone."""

import textwrap
import time
from collections import Counter
from itertools import pairwise
from uuid import uuid4

import pytest

from openstack_clustering import Connection
from tests.operator.keystone import Person, secret
from tests.operator.tenant import Document, TenantWithOperator, condition

FLEET = 6


@pytest.fixture
def tenant(tenant_with_operator: TenantWithOperator) -> TenantWithOperator:
    """One alone: a refused login shuts the session out, and the log is read as a whole."""
    return tenant_with_operator


@pytest.fixture
def person(tenant: TenantWithOperator) -> Person:
    return Person(tenant.sandbox, f"user-{uuid4().hex[:8]}")


def profile(tenant: TenantWithOperator, name: str, secret_name: str) -> Document:
    document = tenant.profile(name)
    document["spec"]["cloudCredentialsRef"]["secretName"] = secret_name
    return document


def everything_said(tenant: TenantWithOperator, name: str) -> str:
    """Return all that anybody may read of an object."""
    found = tenant.get("SenlinProfile", name) or tenant.get("SenlinCluster", name)
    return f"{found}\n{tenant.events(name)}\n{tenant.log()}"


def status_writes(tenant: TenantWithOperator) -> Counter[str]:
    """Return how often the status of each object of the namespace was written."""
    entries = tenant.sandbox.audit(namespace=tenant.namespace, subresource="status", verb="patch")
    return Counter(entry["objectRef"]["name"] for entry in entries)


def test_a_rotated_password_takes_effect_at_once(
    tenant: TenantWithOperator, person: Person
) -> None:
    tenant.apply(secret(person.auth), tenant.profile(), tenant.cluster())
    tenant.ready()
    old = person.password

    person.change_password()
    refused = tenant.waits_for("CredentialsRejected")
    assert f"refuses user {person.name} of project blue" in refused["message"]
    tenant.kubectl("scale", "senlincluster/web", "--replicas=4")

    tenant.apply(secret(person.auth))
    assert tenant.ready()["status"]["resource"]["nodes"]["active"] == 4
    tenant.ready("SenlinProfile", "web-server")
    assert len(person.refused_logins()) == 1
    said = everything_said(tenant, "web")
    assert old not in said
    assert person.password not in said


def text_of(entry: str, name: str) -> Document:
    """Return a Secret with an entry of clouds.yaml as a person writes it."""
    clouds = f"clouds:\n  openstack:\n{textwrap.indent(textwrap.dedent(entry), '    ')}"
    document = secret({}, name)
    document["stringData"]["clouds.yaml"] = clouds
    return document


def test_what_the_command_line_takes_works_and_what_cannot_says_why(
    tenant: TenantWithOperator, person: Person
) -> None:
    """One operator, many Secrets: no login of one holds up another."""
    person.change_password("0123")
    auth, url = person.auth, person.auth["auth_url"]
    domain = {key: value for key, value in auth.items() if key != "project_domain_name"}
    stalled = {
        "domain": (secret(domain), "CredentialsUnreadable", "has no project_domain_name or"),
        "path": (
            secret(auth | {"auth_url": url.replace("/v3", "/v4")}),
            "CredentialsRejected",
            "is not there: 404 at this auth_url, which usually ends in /v3.",
        ),
        "kind": (
            secret(auth, auth_type="v3samlpassword"),
            "CredentialsUnreadable",
            "is not available here; available are: password, token,",
        ),
        "file": (
            secret(auth, regions=[{"name": "R", "values": {"cacert": "/dev/ptmx"}}]),
            "CredentialsUnreadable",
            "names a file, which is not read here",
        ),
        "old": (
            secret(auth, clustering_default_microversion="1.99"),
            "Rejected",
            "The configured microversion is 1.99; the server at",
        ),
        "wrong": (secret(auth | {"password": "83"}), "CredentialsRejected", "refuses user"),
    }
    working = f"""
        auth:
          auth-url: "{url} "
          username: {person.name}
          password: 0123
          project_name: another
          default_domain_id: default
        project_name: blue
        region_name: [RegionOne, RegionTwo]
        cacert: "\\n"
        profile: nobody
        """
    for name, (document, *_) in stalled.items():
        document["metadata"]["name"] = name
        tenant.apply(document, profile(tenant, name, name))
    tenant.apply(text_of(working, "works"), profile(tenant, "works", "works"))

    tenant.ready("SenlinProfile", "works")
    for name, (_, reason, words) in stalled.items():
        ready = tenant.waits_for(reason, "SenlinProfile", name)
        assert words in ready["message"]
        told = tenant.get("SenlinProfile", name)
        assert told
        [condition] = [it for it in told["status"]["conditions"] if it["type"] == "Stalled"]
        assert condition["status"] == "True"
    tried = tenant.sandbox.keystone.requests(caller="senlin-operator", path="^/v4/")
    assert len(tried) == 1


def test_an_application_credential_works_once_senlin_knows_the_user(
    tenant: TenantWithOperator, person: Person
) -> None:
    """Senlin 16 cannot make its trust with such a credential; one login by password does that."""
    first = person.application_credential()
    auth_type = {"auth_type": "v3applicationcredential"}
    tenant.apply(secret(first, **auth_type), tenant.profile())
    tenant.waits_for("CloudError", "SenlinProfile", "web-server")

    person.meet_senlin()
    tenant.ready("SenlinProfile", "web-server", seconds=60)

    person.revoke(first)
    refused = tenant.waits_for("CredentialsRejected", "SenlinProfile", "web-server")
    assert first["application_credential_id"] in refused["message"]
    second = person.application_credential()
    tenant.apply(secret(second, **auth_type))
    tenant.ready("SenlinProfile", "web-server")
    said = everything_said(tenant, "web-server")
    assert first["application_credential_secret"] not in said
    assert second["application_credential_secret"] not in said


@pytest.mark.parametrize("auth_type", ["token", "v3token"])
def test_a_token_works_until_it_is_revoked(
    tenant: TenantWithOperator, person: Person, auth_type: str
) -> None:
    first = person.token()
    tenant.apply(secret(first, auth_type=auth_type), tenant.profile(), tenant.cluster())
    tenant.ready()

    person.change_password()
    refused = tenant.waits_for("CredentialsRejected")
    assert "refuses the token of project blue" in refused["message"]

    time.sleep(1)  # Keystone revokes all tokens of the second in which the password changed
    second = person.token()
    tenant.apply(secret(second, auth_type=auth_type))
    tenant.ready()
    said = everything_said(tenant, "web")
    assert first["token"] not in said
    assert second["token"] not in said


def test_another_user_in_the_secret_takes_over_at_once(
    tenant: TenantWithOperator, person: Person
) -> None:
    cluster = tenant.quickstart()

    tenant.apply(secret(person.auth))
    tenant.kubectl("scale", "senlincluster/web", "--replicas=2")
    tenant.ready()

    path = f"/v1/clusters/{cluster['status']['id']}/actions"
    [resize] = tenant.sandbox.senlin.requests("senlin-operator", "POST", path)
    assert resize.user == person.name


def test_a_secret_for_another_project_creates_nothing_there(
    tenant: TenantWithOperator,
) -> None:
    before = tenant.quickstart()
    green = Connection("openstack", clouds=tenant.sandbox.clouds("green-1")).cluster

    tenant.apply(tenant.secret("green-1"))
    told = tenant.waits_for("ProjectEmptied")
    assert told["message"].startswith("Secret openstack leads to project green now")
    tenant.waits_for("ProjectEmptied", "SenlinProfile", "web-server")
    assert not any(it.metadata.get("namespace") == tenant.namespace for it in green.clusters())
    assert not any(it.metadata.get("namespace") == tenant.namespace for it in green.profiles())

    tenant.apply(tenant.secret())
    after = tenant.ready()
    assert after["status"]["id"] == before["status"]["id"]
    assert [it.status for it in tenant.clusters()] == ["ACTIVE"]


@pytest.mark.slow
def test_a_wrong_password_stops_its_own_users_only(
    tenant: TenantWithOperator, person: Person
) -> None:
    """Two failed logins a minute at most, one status an object, and all others go on."""
    wrong = secret(person.auth | {"password": "n0t-the-0ne"}, "wrong")
    victims = [f"victim-{number}" for number in range(FLEET)]
    tenant.apply(wrong, *(profile(tenant, name, "wrong") for name in victims))
    for name in victims:
        tenant.waits_for("CredentialsRejected", "SenlinProfile", name)
    tenant.quickstart()

    tenant.eventually(lambda: len(person.refused_logins()) > 1, "tried again", seconds=90)
    first, second, *more = person.refused_logins()
    assert second.started - first.started > 30
    assert not more
    writes = status_writes(tenant)
    assert {name: writes[name] for name in victims} == dict.fromkeys(victims, 1)
    tenant.kubectl("scale", "senlincluster/web", "--replicas=4")
    assert tenant.ready()["status"]["resource"]["nodes"]["active"] == 4

    tenant.apply(secret(person.auth, "wrong"))
    for name in victims:
        tenant.ready("SenlinProfile", name)


def test_a_password_that_changes_amid_work_is_tried_once(
    tenant: TenantWithOperator, person: Person
) -> None:
    names = [f"part-{number}" for number in range(FLEET)]
    tenant.apply(secret(person.auth), *(tenant.profile(name) for name in names))
    for name in names:
        tenant.ready("SenlinProfile", name)

    person.change_password()
    for name in names:
        tenant.edit("SenlinProfile", name, name=f"new-{name}")
    for name in names:
        tenant.waits_for("CredentialsRejected", "SenlinProfile", name)
    moments = [login.started for login in person.refused_logins()]
    assert moments
    assert all(later - earlier > 30 for earlier, later in pairwise(moments))

    tenant.apply(secret(person.auth))
    for name in names:
        tenant.ready("SenlinProfile", name)


def test_credentials_that_lead_to_the_operators_own_machine_are_refused(
    idle_tenant: TenantWithOperator,
) -> None:
    """Here Keystone is there; an administrator of another machine would not allow it."""
    tenant = idle_tenant
    tenant.operator.start("--allowed-endpoints", "0.0.0.0/0")
    tenant.apply(tenant.secret(), tenant.profile())

    refused = tenant.waits_for("CredentialsUnreadable", "SenlinProfile", "web-server")

    assert (
        "The address 127.0.0.1 is not allowed; an administrator can allow it"
        in (refused["message"])
    )
    stalled = condition(tenant.get("SenlinProfile", "web-server") or {}, "Stalled")
    assert stalled["status"] == "True"
