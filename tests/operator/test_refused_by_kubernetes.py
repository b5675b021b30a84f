"""What Kubernetes refuses to the operator is said on the object in Kubernetes' own words."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
import yaml

from sandbox.errors import SandboxError
from tests.operator.process import PROGRAM, Operator
from tests.operator.rights import operator_account
from tests.operator.tenant import GROUP, VERSION, Document, Tenant, TenantWithOperator, condition

REASON = "RefusedByKubernetes"


def with_inline_profile(tenant: Tenant) -> Document:
    cluster, profile = tenant.cluster(), tenant.profile()["spec"]["resource"]
    inline = {name: profile[name] for name in ("type", "version", "properties", "metadata")}
    cluster["spec"]["resource"] |= {"profile": inline, "desiredCapacity": 1}
    del cluster["spec"]["resource"]["profileRef"]
    return cluster


def is_told(tenant: Tenant, kind: str, name: str, words: str) -> None:
    """Hold that the object and an event say what Kubernetes says."""
    found = tenant.wait(
        kind, name, lambda it: words in condition(it, "Ready").get("message", ""), words
    )
    ready = condition(found, "Ready")
    assert (ready["status"], ready["reason"]) == ("False", REASON)
    assert ready["message"].startswith("Kubernetes refuses it: ")
    assert condition(found, "Stalled")["status"] == "True"
    tenant.eventually(lambda: (REASON, ready["message"]) in tenant.events(name), "told")


@contextmanager
def policy(
    tenant: Tenant, resource: str, expression: str, message: str, probe: Sequence[str]
) -> Iterator[None]:
    """Have the API server refuse what does not fulfil the expression, in one namespace.

    Args:
        tenant: Whose namespace.
        resource: The resource, or its subresource.
        expression: In CEL.
        message: What the API server says.
        probe: Arguments of kubectl for a request that will be refused once the policy is in force.
    """
    name = f"{tenant.namespace}-{resource.replace('/', '-')}"
    api = {"apiVersion": "admissionregistration.k8s.io/v1", "metadata": {"name": name}}
    rule = {
        "apiGroups": [GROUP],
        "apiVersions": [VERSION],
        "operations": ["CREATE", "UPDATE"],
        "resources": [resource],
    }
    here = {"matchLabels": {"kubernetes.io/metadata.name": tenant.namespace}}
    validation = {"expression": expression, "message": message}
    documents: tuple[Any, ...] = (
        api
        | {
            "kind": "ValidatingAdmissionPolicy",
            "spec": {
                "matchConstraints": {"resourceRules": [rule]},
                "validations": [validation],
            },
        },
        api
        | {
            "kind": "ValidatingAdmissionPolicyBinding",
            "spec": {
                "policyName": name,
                "validationActions": ["Deny"],
                "matchResources": {"namespaceSelector": here},
            },
        },
    )

    def in_force() -> bool:
        try:
            tenant.kubectl(*probe, "--dry-run=server")
        except SandboxError as error:
            return message in str(error)
        return False

    tenant.kubectl("apply", "-f", "-", input=yaml.safe_dump_all(documents))
    try:
        tenant.eventually(in_force, "in force")
        yield
    finally:
        for document in documents:
            tenant.kubectl("delete", document["kind"], name)


def test_a_quota(tenant: Tenant) -> None:
    tenant.quickstart(desiredCapacity=1)
    tenant.kubectl("create", "quota", "few", "--hard=secrets=1")
    tenant.eventually(
        lambda: (
            tenant.kubectl("get", "quota", "few", "--output=jsonpath={.status.used.secrets}") == "1"
        ),
        "in force",
    )
    tenant.apply(tenant.receiver())

    is_told(tenant, "SenlinReceiver", "grow", "exceeded quota: few")

    tenant.kubectl("delete", "quota", "few")
    tenant.ready("SenlinReceiver", "grow")
    assert tenant.url()
    assert len(tenant.receivers()) == 1


def test_a_quota_on_the_profile_of_a_cluster(tenant: Tenant) -> None:
    """Kubernetes counts a kind some time after it met it; until then it refuses all of them."""
    tenant.apply(tenant.secret())
    tenant.kubectl("create", "quota", "none", f"--hard=count/senlinprofiles.{GROUP}=0")
    tenant.apply(with_inline_profile(tenant))

    is_told(tenant, "SenlinCluster", "web", "quota: none")

    assert tenant.profiles() == tenant.clusters() == []
    tenant.kubectl("delete", "quota", "none")
    tenant.ready()


def test_an_admission_policy(tenant: Tenant) -> None:
    tenant.apply(tenant.secret())
    paused = tenant.policy()
    paused["spec"]["paused"] = True
    tenant.apply(paused)
    finalizer = f"{GROUP}/finalizer"
    rule = f"!has(object.metadata.finalizers) || !('{finalizer}' in object.metadata.finalizers)"
    patch = ("patch", "senlinpolicy/grow", "--type=merge")
    probe = [*patch, f"--patch={json.dumps({'metadata': {'finalizers': [finalizer]}})}"]
    with policy(tenant, "senlinpolicies", rule, "no finalizers here", probe):
        tenant.patch("SenlinPolicy", "grow", {"spec": {"paused": False}})
        is_told(tenant, "SenlinPolicy", "grow", "no finalizers here")
        assert tenant.policies() == []
    tenant.ready("SenlinPolicy", "grow")

    probe = [*patch, "--subresource=status", '--patch={"status":{"id":"x"}}']
    with policy(tenant, "senlinpolicies/status", "false", "no statuses here", probe):
        tenant.edit("SenlinPolicy", "grow", name=f"{tenant.namespace}-other")
        tenant.eventually(
            lambda: any(
                reason == REASON and "no statuses here" in note
                for reason, note in tenant.events("grow")
            ),
            "told by an event",
        )
        assert "no statuses here" in tenant.log()
    tenant.ready("SenlinPolicy", "grow")


def test_a_policy_that_refuses_the_claim_of_an_operation(tenant: Tenant) -> None:
    tenant.quickstart(desiredCapacity=1)
    suspended = tenant.operation("once", {"check": {}}, suspend=True)
    tenant.apply(suspended)
    tenant.waits_for("Suspended", "SenlinOperation", "once")
    rule, sending = "!has(object.status.sending)", {"at": "2030-01-01T00:00:00Z", "earlier": []}
    probe = (
        "patch",
        "senlinoperation/once",
        "--type=merge",
        "--subresource=status",
        f"--patch={json.dumps({'status': {'sending': sending}})}",
    )
    with policy(tenant, "senlinoperations/status", rule, "not to be sent", probe):
        tenant.patch("SenlinOperation", "once", {"spec": {"suspend": False}})
        is_told(tenant, "SenlinOperation", "once", "not to be sent")

    ended = tenant.ends("once")

    assert condition(ended, "Complete")["status"] == "True", ended
    assert ended["status"]["action"]["name"].startswith("check of")


@pytest.fixture
def restricted(idle_tenant: TenantWithOperator) -> TenantWithOperator:
    """A tenant whose operator has the rights of its role, but for making SenlinProfiles."""
    tenant = idle_tenant
    account, role, binding = operator_account(tenant.namespace)
    for rule in role["rules"]:
        if "senlinprofiles" in rule["resources"]:
            rule["resources"] = [it for it in rule["resources"] if it != "senlinprofiles"]
    reading = {"apiGroups": [GROUP], "resources": ["senlinprofiles"], "verbs": ["list", "watch"]}
    tenant.apply(account, role | {"rules": [*role["rules"], reading]}, binding)
    kubeconfig = tenant.sandbox.service_account_kubeconfig(tenant.namespace, "operator")
    tenant.operator = Operator(kubeconfig, tenant.namespace, tenant.operator.log, PROGRAM)
    tenant.operator.start()
    return tenant


def test_a_missing_right(restricted: TenantWithOperator) -> None:
    tenant = restricted
    tenant.apply(tenant.secret(), with_inline_profile(tenant))

    is_told(tenant, "SenlinCluster", "web", 'cannot patch resource "senlinprofiles"')

    tenant.apply(operator_account(tenant.namespace)[1])
    tenant.ready()
