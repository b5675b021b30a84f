"""`kubectl senlin doctor` on real servers, healthy and not."""

from collections.abc import Callable
from typing import Any

from tests.operator.tenant import Tenant
from tests.plugin.conftest import Ran, Run


def assert_healthy(found: Ran) -> None:
    """Check that nothing is broken but what other tests install in the same Kubernetes."""
    broken = [line for line in found.out.splitlines() if line.startswith("  error")]
    assert [line for line in broken if "has no available pod" not in line] == []
    assert found.code == bool(broken)


def test_a_healthy_project(tenant: Tenant, senlin: Callable[[Tenant], Run]) -> None:
    tenant.quickstart()

    found = senlin(tenant)("doctor")

    assert_healthy(found)
    for line in (
        "ok       6 definitions are those of version 0.1.0.",
        "ok       2 of 2 resources are as they should be.",
        "Secret openstack, cloud openstack",
        "ok       Keystone takes the login, and lists Senlin (project blue).",
        "ok       Senlin has the microversion that the operator needs.",
        "unknown  Senlin's services: only an administrator of OpenStack may list them.",
        "ok       No action is stuck",
    ):
        assert line in found.out


def test_what_is_wrong_is_told_with_what_to_do(
    tenant: Tenant, senlin: Callable[[Tenant], Run]
) -> None:
    tenant.apply(tenant.secret(auth={"password": "hunter2"}), tenant.profile())
    tenant.waits_for("CredentialsRejected", "SenlinProfile", "web-server")

    found = senlin(tenant)("doctor", "--credentials", "none/openstack")

    assert found.code == 1
    assert "error    SenlinProfile web-server: CredentialsRejected: " in found.out
    assert "→ See docs/reasons/CredentialsRejected.md" in found.out
    assert "error    Secret none does not exist in namespace" in found.out
    assert "→ Correct the clouds.yaml in Secret openstack: docs/credentials.md" in found.out
    assert "hunter2" not in found.out + found.err


def test_an_orphan_is_found(tenant: Tenant, senlin: Callable[[Tenant], Run]) -> None:
    tenant.apply(tenant.secret())
    uid = "0e2b0b1c-0000-4000-8000-000000000000"
    spec: dict[str, Any] = tenant.profile()["spec"]["resource"]
    lost = tenant.senlin.create_profile(
        name=f"{tenant.namespace}-lost",
        spec={name: spec[name] for name in ("type", "version", "properties")},
        metadata={"senlin.openstack.org/uid": uid},
    )

    found = senlin(tenant)("doctor", "--credentials", "openstack/openstack")
    tenant.senlin.delete_profile(lost.id)

    assert_healthy(found)
    assert f"Profile {lost.name} was made for a resource that is not in this" in found.out
    assert f"openstack cluster profile delete {lost.id}" in found.out


def test_a_credential_without_a_cloud_is_no_credential(
    tenant: Tenant, senlin: Callable[[Tenant], Run]
) -> None:
    bad = senlin(tenant)("doctor", "--credentials", "openstack")

    assert (bad.code, bad.err) == (
        1,
        "error: 'openstack' should look like SECRET/CLOUD, such as openstack/openstack.\n",
    )


def test_a_kind_of_login_that_the_operator_allows_is_tried(
    tenant: Tenant, senlin: Callable[[Tenant], Run]
) -> None:
    login = {"identity_provider": "corp", "protocol": "openid", "access_token": "hunter2"}
    tenant.apply(tenant.secret(auth_type="v3oidcaccesstoken", auth=login))
    arguments = ("doctor", "--credentials", "openstack/openstack")

    refused = senlin(tenant)(*arguments)
    tried = senlin(tenant)(*arguments, "--more-login-kinds", "v3oidcaccesstoken")

    assert "(`auth_type`) is not available here" in refused.out
    assert "is not available here" not in tried.out
    assert "Keystone" in tried.out
    assert "hunter2" not in refused.out + tried.out
