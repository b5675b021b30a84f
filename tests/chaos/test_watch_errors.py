"""Errors in watches and lists: a line in the log, a new list, and on it goes."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from sandbox import Sandbox
from tests.chaos.kube_proxy import KubeProxy
from tests.operator.process import PROGRAM, Operator
from tests.operator.tenant import TenantWithOperator, condition

LISTS_AND_WATCHES = "/(senlin[a-z]+|secrets)[?]"


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


def test_it_goes_on_after_every_error(tenant: TenantWithOperator, proxy: KubeProxy) -> None:
    broken = (
        error(500, "etcdserver: no leader"),
        error(504, "etcdserver: request timed out"),
        error(410, "too old resource version: 1 (2)"),
        b'{"type":"ERROR","object":null}\n',
        b'{"type":"MODIFIED","object":{"metadata":{"name":"we',
        b"<html>\nBad Gateway</html>\n",
    )
    for number, last in enumerate(broken):
        assert proxy.break_watches(last) >= 7
        notices_a_change(tenant, paused=number % 2 == 0)
    log = tenant.log()
    assert "error=500 etcdserver: no leader" in log
    assert "error=504 etcdserver: request timed out" in log
    assert "too old resource version" not in log  # usual, as nothing happens for some minutes

    gone, answers = error(410, "too old resource version: 1 (2)"), ("404", "401", "400", "410")
    for number, status in enumerate(answers):
        with proxy.answering(f"{LISTS_AND_WATCHES}.*watch=true", int(status)):
            proxy.break_watches(b"")
            tenant.eventually(lambda: proxy.answered >= 7, f"watches: {status}")
        notices_a_change(tenant, paused=number % 2 == 0)
        with proxy.answering(f"{LISTS_AND_WATCHES}limit", int(status)):
            proxy.break_watches(gone)
            tenant.eventually(lambda: proxy.answered >= 7, f"lists: {status}")
        notices_a_change(tenant, paused=number % 2 == 1)
        proxy.break_watches(gone)
        notices_a_change(tenant, paused=number % 2 == 0)
        notices_a_change(tenant, paused=number % 2 == 1)
    with proxy.answering(f"{LISTS_AND_WATCHES}limit", 200, "<html>Log in, please</html>"):
        proxy.break_watches(gone)
        tenant.eventually(lambda: proxy.answered >= 7, "lists that are none")
    notices_a_change(tenant, paused=True)
    assert "Traceback" not in tenant.log()


def test_what_vanishes_meanwhile_is_forgotten(tenant: TenantWithOperator, proxy: KubeProxy) -> None:
    with proxy.answering("/secrets[?]", 503):
        proxy.break_watches(error(500, "etcdserver: no leader"))
        tenant.eventually(lambda: proxy.answered >= 1, "interrupted")
        finalizers = json.dumps({"metadata": {"finalizers": None}})
        tenant.kubectl("patch", "secret", "openstack", "--type=merge", f"--patch={finalizers}")
        tenant.kubectl("delete", "secret", "openstack")

    tenant.waits_for("CredentialsMissing", "SenlinProfile", "web-server")
    assert tenant.operator.running
