"""Errors in watches and lists: a line in the log, a new list, and on it goes."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from sandbox import Sandbox
from tests.chaos.kube_proxy import KubeProxy
from tests.operator.process import PROGRAM, Operator
from tests.operator.tenant import PLURALS, TenantWithOperator, condition

LISTS_AND_WATCHES = "/(senlin[a-z]+|secrets)[?]"
WATCHES = len(PLURALS) + 1  # with that of Secrets


@pytest.fixture
def proxy(sandbox: Sandbox) -> Iterator[KubeProxy]:
    proxy = KubeProxy(sandbox)
    yield proxy
    proxy.close()


@pytest.fixture
def tenant(proxy: KubeProxy, idle_tenant: TenantWithOperator, tmp_path: Path) -> TenantWithOperator:
    """A tenant whose operator reaches Kubernetes by the proxy alone."""
    config = {
        "current-context": "it",
        "clusters": [{"name": "it", "cluster": {"server": proxy.url}}],
        "contexts": [{"name": "it", "context": {"cluster": "it"}}],
    }
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(yaml.safe_dump(config))
    log = idle_tenant.operator.log
    idle_tenant.operator = Operator(kubeconfig, idle_tenant.namespace, log, PROGRAM)
    idle_tenant.operator.start()
    idle_tenant.apply(idle_tenant.secret(), idle_tenant.profile())
    idle_tenant.ready("SenlinProfile", "web-server")
    return idle_tenant


def error(code: int, message: str) -> bytes:
    status = {"kind": "Status", "status": "Failure", "message": message, "code": code}
    return json.dumps({"type": "ERROR", "object": status}, separators=(",", ":")).encode() + b"\n"


def notices_a_change(tenant: TenantWithOperator, *, paused: bool) -> None:
    """Change the profile; only a watch or a list can tell the operator of it."""
    tenant.patch("SenlinProfile", "web-server", {"spec": {"paused": paused}})
    tenant.wait(
        "SenlinProfile",
        "web-server",
        lambda it: bool(condition(it, "Paused")) == paused,
        f"paused: {paused}",
    )
    assert tenant.operator.running, tenant.tail()


def break_all(tenant: TenantWithOperator, proxy: KubeProxy, last: bytes) -> None:
    """End all watches after these bytes, once all of them are open."""
    tenant.eventually(lambda: proxy.watches >= WATCHES, "watched")
    proxy.break_watches(last)


def test_it_goes_on_after_every_error(tenant: TenantWithOperator, proxy: KubeProxy) -> None:
    gone = error(410, "too old resource version: 1 (2)")
    broken = (
        error(500, "etcdserver: no leader"),
        error(504, "etcdserver: request timed out"),
        gone,
        b'{"type":"ERROR","object":null}\n',
        b'{"type":"MODIFIED","object":{"metadata":{"name":"we',
        b"<html>\nBad Gateway</html>\n",
    )
    for number, last in enumerate(broken):
        break_all(tenant, proxy, last)
        notices_a_change(tenant, paused=number % 2 == 0)
    log = tenant.log()
    assert "error=500 etcdserver: no leader" in log
    assert "error=504 etcdserver: request timed out" in log
    assert "too old resource version" not in log  # usual, as nothing happens for some minutes

    answers = (
        ("watch=true", 404, ""),
        ("limit", 404, ""),
        ("watch=true", 401, ""),
        ("limit", 410, ""),
        ("limit", 200, "<html>Log in, please</html>"),
    )
    for number, (query, status, body) in enumerate(answers):
        tenant.eventually(lambda: proxy.watches >= WATCHES, "watched")
        with proxy.answering(f"{LISTS_AND_WATCHES}.*{query}", status, body):
            proxy.break_watches(gone if query == "limit" else b"")
            tenant.eventually(lambda: proxy.answered >= WATCHES, f"{query}: {status}")
        notices_a_change(tenant, paused=number % 2 == 0)
    assert "Traceback" not in tenant.log()


def test_what_vanishes_meanwhile_is_forgotten(tenant: TenantWithOperator, proxy: KubeProxy) -> None:
    with proxy.answering("/secrets[?]", 503):
        break_all(tenant, proxy, error(500, "etcdserver: no leader"))
        tenant.eventually(lambda: proxy.answered >= 1, "interrupted")
        finalizers = json.dumps({"metadata": {"finalizers": None}})
        tenant.kubectl("patch", "secret", "openstack", "--type=merge", f"--patch={finalizers}")
        tenant.kubectl("delete", "secret", "openstack")

    tenant.waits_for("CredentialsMissing", "SenlinProfile", "web-server")
    assert tenant.operator.running
