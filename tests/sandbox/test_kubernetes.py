import pytest

from sandbox import Sandbox
from sandbox.errors import SandboxError
from tests.sandbox.api import unique, wait_for


def test_the_server_says_which_release_it_is(sandbox: Sandbox) -> None:
    assert sandbox.kubernetes.call("GET", "/version")["gitVersion"] == "v1.37.2"


def test_what_kubectl_says_of_an_error_is_in_ours(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxError, match='namespaces "nowhere" not found'):
        sandbox.kubectl("get", "namespace", "nowhere")


def test_kubectl_reads_manifests_from_its_input(sandbox: Sandbox, namespace: str) -> None:
    manifest = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {key: value}}"

    sandbox.kubectl("apply", "-n", namespace, "-f", "-", input=manifest)

    path = "-o=jsonpath={.data.key}"
    assert sandbox.kubectl("get", "configmap", "a", "-n", namespace, path) == "value"


def test_the_audit_log_has_a_request_once_it_is_answered(sandbox: Sandbox, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/secrets"
    sandbox.kubernetes.call("POST", path, {"metadata": {"name": "a"}})

    [entry] = sandbox.audit(verb="create", resource="secrets", namespace=namespace)
    assert entry["user"]["username"] == "sandbox-admin"
    assert entry["responseStatus"]["code"] == 201
    assert sandbox.audit(user="nobody", namespace=namespace) == []
    assert sandbox.audit(userAgent="python-requests/", namespace=namespace) == [entry]


def test_a_service_account_may_do_what_its_roles_say(sandbox: Sandbox, namespace: str) -> None:
    sandbox.kubectl("create", "serviceaccount", "reader", "-n", namespace)
    account = f"--serviceaccount={namespace}:reader"
    sandbox.kubectl(
        "create", "rolebinding", "reader", "--clusterrole=view", account, "-n", namespace
    )
    kubeconfig = sandbox.service_account_kubeconfig(namespace, "reader")

    def may(verb: str, resource: str) -> bool:
        answer = sandbox.kubectl(
            f"--kubeconfig={kubeconfig}", "auth", "can-i", verb, resource, check=False
        )
        return answer.strip() == "yes"

    wait_for(lambda: may("list", "configmaps"))
    assert not may("list", "secrets")
    assert not may("create", "configmaps")


def test_a_user_is_who_the_certificate_says(sandbox: Sandbox) -> None:
    user = unique("jane")
    kubeconfig = sandbox.user_kubeconfig(user, ["writers", "readers"])

    said = sandbox.kubectl(f"--kubeconfig={kubeconfig}", "auth", "whoami", "-o=json")

    assert f'"username": "{user}"' in said
    assert '"writers"' in said
    assert '"readers"' in said


def test_a_deleted_namespace_goes_with_what_is_in_it(sandbox: Sandbox) -> None:
    name = unique("gone")
    path = f"/api/v1/namespaces/{name}"
    sandbox.kubernetes.call("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    sandbox.kubernetes.call("POST", f"{path}/configmaps", {"metadata": {"name": "a"}})

    sandbox.kubernetes.call("DELETE", path)

    wait_for(lambda: not sandbox.kubernetes.exists(path))
