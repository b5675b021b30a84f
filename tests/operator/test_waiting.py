"""What is missing or wrong is said plainly, waited for, and repaired by a change of it alone."""

import yaml

from tests.operator.tenant import Tenant, TenantWithOperator, condition


def test_a_missing_secret_is_waited_for(tenant: Tenant) -> None:
    tenant.apply(tenant.profile())

    ready = tenant.waits_for("CredentialsMissing", "SenlinProfile", "web-server")
    assert "Secret openstack does not exist" in ready["message"]

    tenant.apply(tenant.secret())
    tenant.ready("SenlinProfile", "web-server")


def test_an_unreadable_secret_is_explained(tenant: Tenant) -> None:
    broken = tenant.secret()
    broken["stringData"]["clouds.yaml"] = "clouds: {openstack: {auth: {password: s3cr3t"
    tenant.apply(broken, tenant.profile())

    ready = tenant.waits_for("CredentialsUnreadable", "SenlinProfile", "web-server")
    assert "its clouds.yaml is not valid YAML" in ready["message"]
    assert "s3cr3t" not in ready["message"]

    tenant.apply(tenant.secret())
    tenant.ready("SenlinProfile", "web-server")


def test_an_unknown_cloud_is_answered_with_the_known_ones(tenant: Tenant) -> None:
    profile = tenant.profile()
    profile["spec"]["cloudCredentialsRef"]["cloudName"] = "nosuch"
    tenant.apply(tenant.secret(), profile)

    ready = tenant.waits_for("CredentialsUnreadable", "SenlinProfile", "web-server")

    assert "no cloud nosuch in the clouds.yaml; it has: openstack" in ready["message"]


def test_a_wrong_password_is_reported_without_it_and_fixed_by_the_secret(
    tenant_with_operator: TenantWithOperator,
) -> None:
    tenant = tenant_with_operator
    wrong = tenant.secret()
    document = yaml.safe_load(wrong["stringData"]["clouds.yaml"])
    document["clouds"]["openstack"]["auth"]["password"] = "n0t-the-0ne"
    wrong["stringData"]["clouds.yaml"] = yaml.safe_dump(document)
    tenant.apply(wrong, tenant.profile())

    tenant.waits_for("CredentialsRejected", "SenlinProfile", "web-server")
    told = tenant.wait(
        "SenlinProfile",
        "web-server",
        lambda it: condition(it, "Stalled").get("status") == "True",
        "stalled",
    )
    assert "n0t-the-0ne" not in yaml.safe_dump(told) + tenant.log()
    assert not any("n0t-the-0ne" in note for _, note in tenant.events("web-server"))

    tenant.apply(tenant.secret())
    tenant.ready("SenlinProfile", "web-server")


def test_the_finalizer_of_the_secret_is_removed_with_its_last_user(tenant: Tenant) -> None:
    tenant.apply(tenant.secret(), tenant.profile())
    tenant.ready("SenlinProfile", "web-server")

    tenant.delete("secret/openstack")
    assert tenant.core.read_namespaced_secret("openstack", tenant.namespace).metadata.finalizers

    tenant.delete("senlinprofile/web-server")
    tenant.gone("SenlinProfile", "web-server")
    tenant.eventually(
        lambda: "openstack" not in tenant.kubectl("get", "secrets", "-o", "name"), "gone"
    )
