"""Logins, projects and rights, with a real Keystone."""

from pathlib import Path

import pytest
import requests
import yaml

from openstack_clustering import Connection, Proxy, exceptions
from sandbox import Sandbox
from tests.client.factories import SCALING, Factory, Login, until


def test_files_and_variables_log_in(sandbox: Sandbox, tmp_path: Path) -> None:
    (cloud,) = sandbox.clouds("blue-1")["clouds"].values()
    file = tmp_path / "clouds.yaml"
    file.write_text(yaml.safe_dump({"clouds": {"one": cloud}}))
    variables = {f"OS_{key.upper()}": value for key, value in cloud["auth"].items()}

    for environ, arguments in (
        ({"OS_CLIENT_CONFIG_FILE": str(file)}, {"cloud": "one"}),
        ({"OS_CLIENT_CONFIG_FILE": str(file), "OS_CLOUD": "one"}, {}),
        (variables, {}),
        ({}, dict(cloud["auth"])),
    ):
        with Connection(environ=environ, **arguments) as connection:
            assert connection.cluster.get_build_info().api


def test_token_and_application_credential_log_in(sandbox: Sandbox) -> None:
    with Connection(clouds=sandbox.clouds("blue-1")) as by_password:
        assert list(by_password.cluster.clusters(name="nobody-has-it")) == []
        session = by_password.session
        auth_url = str(session.auth.auth_url)
        user = session.auth.get_access(session).user_id
        reply = session.post(
            f"{auth_url.removesuffix('/v3')}/v3/users/{user}/application_credentials",
            json={"application_credential": {"name": "of-a-test"}},
        )
        credential = reply.json()["application_credential"]

        for auth in (
            {"token": session.get_token(), "project_name": "blue", "project_domain_id": "default"},
            {
                "application_credential_id": credential["id"],
                "application_credential_secret": credential["secret"],
            },
        ):
            with Connection(auth_url=auth_url, **auth) as connection:
                assert list(connection.cluster.clusters(name="nobody-has-it")) == []
        session.delete(f"{reply.request.url}/{credential['id']}")


def test_message_about_a_wrong_password_does_not_contain_it(sandbox: Sandbox) -> None:
    clouds = sandbox.clouds("blue-1", auth={"password": "hunter2"})

    with (
        Connection(clouds=clouds) as connection,
        pytest.raises(exceptions.AuthenticationFailed) as caught,
    ):
        hasattr(connection, "cluster")

    assert "refuses user blue-1 of project blue" in str(caught.value)
    assert caught.value.status == 401
    assert "hunter2" not in str(caught.value)


def test_user_without_a_role_is_refused(sandbox: Sandbox) -> None:
    clouds = sandbox.clouds("nobody", auth={"project_name": "blue"})

    with Connection(clouds=clouds) as connection, pytest.raises(exceptions.AuthenticationFailed):
        hasattr(connection, "cluster")


def test_catalogue_without_the_service_has_no_cluster_attribute(sandbox: Sandbox) -> None:
    before = len(sandbox.senlin.requests("a-test-of-the-catalogue"))

    for settings in ({"region_name": "Nowhere"}, {"interface": "internal", "region_name": "N"}):
        clouds = sandbox.clouds("blue-1", **settings)
        with Connection(clouds=clouds, app_name="a-test-of-the-catalogue") as connection:
            assert not hasattr(connection, "cluster")
            with pytest.raises(exceptions.EndpointNotFound, match="lists no clustering service"):
                connection.cluster  # noqa: B018

    assert len(sandbox.senlin.requests("a-test-of-the-catalogue")) == before


def test_login_without_a_project_has_no_service(sandbox: Sandbox) -> None:
    (cloud,) = sandbox.clouds("nobody")["clouds"].values()
    scope = ("project_name", "project_domain_name", "project_domain_id", "project_id")
    auth = {key: value for key, value in cloud["auth"].items() if key not in scope}

    with Connection(**auth) as connection:
        assert not hasattr(connection, "cluster")


def test_invalid_token_is_renewed(sandbox: Sandbox, senlin: Proxy) -> None:
    with Connection(clouds=sandbox.clouds("blue-1")) as connection:
        assert connection.cluster.get_build_info().api
        access = connection.session.auth.auth_ref
        access._auth_token = "a token that nobody gave out"

        assert connection.cluster.get_build_info().api
        assert connection.session.auth.auth_ref is not access


def test_expired_token_is_renewed() -> None:
    with (
        Sandbox.up(kubernetes=False, token_lifetime=4) as shortlived,
        Connection(clouds=shortlived.clouds("blue-1")) as connection,
    ):
        # Otherwise keystoneauth1 renews the token before it expires.
        connection.session.auth.reauthenticate = False
        assert connection.cluster.get_build_info().api
        first = connection.session.get_token()
        headers = {"X-Auth-Token": str(first)}
        url = f"{shortlived.senlin.url}/v1/build-info"
        until(lambda: requests.get(url, headers=headers, timeout=5).status_code == 401)

        assert connection.cluster.get_build_info().api
        assert connection.session.get_token() != first


def test_projects_do_not_see_each_other(senlin: Proxy, login: Login, make: Factory) -> None:
    policy, green, colleague = make.policy(), login("green-1"), login("blue-2")

    assert colleague.get_policy(policy).id == policy.id
    assert green.find_policy(policy.id) is None
    assert list(green.policies(name=policy.name)) == []
    green.delete_policy(policy)
    with pytest.raises(exceptions.ResourceNotFound):
        green.update_policy(policy, name="taken-over")
    assert senlin.get_policy(policy).name == policy.name


def test_all_projects_are_for_admins(senlin: Proxy, login: Login, make: Factory) -> None:
    policy, admin = make.policy(), login("admin")

    with pytest.raises(exceptions.Forbidden):
        list(senlin.policies(global_project=True))
    found = admin.policies(global_project=True, name=policy.name)
    assert [p.project_id for p in found] == [policy.project_id]


def test_services_are_for_admins(senlin: Proxy, login: Login) -> None:
    with pytest.raises(exceptions.Forbidden):
        list(senlin.services())
    services = list(login("admin").services())
    assert {s.binary for s in services} >= {"senlin-engine", "senlin-conductor"}
    assert {s.status for s in services} == {"enabled"}


def test_names_may_be_the_same_in_two_projects(login: Login, make: Factory, name: str) -> None:
    mine, green = make.policy(), login("green-1")

    theirs = green.create_policy(name=name, spec=SCALING)

    assert theirs.id != mine.id
    found = green.find_policy(name)
    assert found is not None
    assert found.id == theirs.id
    green.delete_policy(theirs)
