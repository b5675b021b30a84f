"""Credentials that change, end, or are wrong: said plainly, and healed by the Secret alone."""

from collections import Counter
from itertools import pairwise
from uuid import uuid4

import pytest

from openstack_clustering import Connection
from tests.operator.keystone import Person, secret
from tests.operator.world import Document, World

FLEET = 6


@pytest.fixture
def person(world: World) -> Person:
    return Person(world.sandbox, f"user-{uuid4().hex[:8]}")


def profile(world: World, name: str, secret_name: str) -> Document:
    document = world.profile(name)
    document["spec"]["cloudCredentialsRef"]["secretName"] = secret_name
    return document


def everything_said(world: World, name: str) -> str:
    """Return all that anybody may read of an object."""
    found = world.get("SenlinProfile", name) or world.get("SenlinCluster", name)
    return f"{found}\n{world.events(name)}\n{world.operator.log.read_text()}"


def status_writes(world: World) -> Counter[str]:
    """Return how often the status of each object of the namespace was written."""
    entries = world.sandbox.audit(namespace=world.namespace, subresource="status", verb="patch")
    return Counter(entry["objectRef"]["name"] for entry in entries)


def test_a_rotated_password_takes_effect_at_once(world: World, person: Person) -> None:
    world.apply(secret(person.auth), world.profile(), world.cluster())
    world.ready()
    old = person.password

    person.change_password()
    refused = world.waits_for("CredentialsRejected")
    assert f"refuses user {person.name} of project blue" in refused["message"]
    world.kubectl("scale", "senlincluster/web", "--replicas=4")

    world.apply(secret(person.auth))
    assert world.ready()["status"]["resource"]["nodes"]["active"] == 4
    world.ready("SenlinProfile", "web-server")
    assert len(person.refused_logins()) == 1
    said = everything_said(world, "web")
    assert old not in said
    assert person.password not in said


def test_an_application_credential_works_once_senlin_knows_the_user(
    world: World, person: Person
) -> None:
    """Senlin 16 cannot make its trust with such a credential; one login by password does that."""
    first = person.application_credential()
    auth_type = {"auth_type": "v3applicationcredential"}
    world.apply(secret(first, **auth_type), world.profile())
    world.waits_for("CloudError", "SenlinProfile", "web-server")

    person.meet_senlin()
    world.ready("SenlinProfile", "web-server", seconds=60)

    person.revoke(first)
    refused = world.waits_for("CredentialsRejected", "SenlinProfile", "web-server")
    assert first["application_credential_id"] in refused["message"]
    second = person.application_credential()
    world.apply(secret(second, **auth_type))
    world.ready("SenlinProfile", "web-server")
    said = everything_said(world, "web-server")
    assert first["application_credential_secret"] not in said
    assert second["application_credential_secret"] not in said


@pytest.mark.parametrize("auth_type", ["token", "v3token"])
def test_a_token_works_until_it_is_revoked(world: World, person: Person, auth_type: str) -> None:
    first = person.token()
    world.apply(secret(first, auth_type=auth_type), world.profile(), world.cluster())
    world.ready()

    person.change_password()
    refused = world.waits_for("CredentialsRejected")
    assert "refuses the token of project blue" in refused["message"]

    second = person.token()
    world.apply(secret(second, auth_type=auth_type))
    world.ready()
    said = everything_said(world, "web")
    assert first["token"] not in said
    assert second["token"] not in said


def test_another_user_in_the_secret_takes_over_at_once(world: World, person: Person) -> None:
    cluster = world.quickstart()

    world.apply(secret(person.auth))
    world.kubectl("scale", "senlincluster/web", "--replicas=2")
    world.ready()

    path = f"/v1/clusters/{cluster['status']['id']}/actions"
    [resize] = world.sandbox.senlin.requests("senlin-operator", "POST", path)
    assert resize.user == person.name


def test_a_secret_that_leads_to_another_project_makes_nothing_there(world: World) -> None:
    before = world.quickstart()
    green = Connection("openstack", clouds=world.sandbox.clouds("green-1")).cluster

    world.apply(world.secret("green-1"))
    told = world.waits_for("ProjectEmptied")
    assert "nothing is made again before a person has looked" in told["message"]
    world.waits_for("ProjectEmptied", "SenlinProfile", "web-server")
    assert not any(it.metadata.get("namespace") == world.namespace for it in green.clusters())
    assert not any(it.metadata.get("namespace") == world.namespace for it in green.profiles())

    world.apply(world.secret())
    after = world.ready()
    assert after["status"]["id"] == before["status"]["id"]
    assert [it.status for it in world.clusters()] == ["ACTIVE"]


def test_a_wrong_password_stops_its_own_users_only(world: World, person: Person) -> None:
    """Two failed logins a minute at most, one status an object, and all others go on."""
    wrong = secret(person.auth | {"password": "n0t-the-0ne"}, "wrong")
    victims = [f"victim-{number}" for number in range(FLEET)]
    world.apply(wrong, *(profile(world, name, "wrong") for name in victims))
    for name in victims:
        world.waits_for("CredentialsRejected", "SenlinProfile", name)
    world.quickstart()

    world.eventually(lambda: len(person.refused_logins()) > 1, "tried again", seconds=90)
    first, second, *more = person.refused_logins()
    assert second.started - first.started > 30
    assert not more
    writes = status_writes(world)
    assert {name: writes[name] for name in victims} == dict.fromkeys(victims, 1)
    world.kubectl("scale", "senlincluster/web", "--replicas=4")
    assert world.ready()["status"]["resource"]["nodes"]["active"] == 4

    world.apply(secret(person.auth, "wrong"))
    for name in victims:
        world.ready("SenlinProfile", name)


def test_a_password_that_changes_amid_work_is_tried_once(world: World, person: Person) -> None:
    names = [f"part-{number}" for number in range(FLEET)]
    world.apply(secret(person.auth), *(world.profile(name) for name in names))
    for name in names:
        world.ready("SenlinProfile", name)

    person.change_password()
    for name in names:
        world.edit("SenlinProfile", name, name=f"new-{name}")
    for name in names:
        world.waits_for("CredentialsRejected", "SenlinProfile", name)
    moments = [login.started for login in person.refused_logins()]
    assert moments
    assert all(later - earlier > 30 for earlier, later in pairwise(moments))

    world.apply(secret(person.auth))
    for name in names:
        world.ready("SenlinProfile", name)
