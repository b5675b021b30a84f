"""Servers that go away under the operator, and replies that get lost."""

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from tests.conftest import a_namespace, started
from tests.operator.tenant import TenantWithOperator, is_ready


@pytest.fixture(scope="module")
def outages_sandbox() -> Iterator[Sandbox]:
    """A sandbox whose servers these tests stop and start again, one test after the other."""
    with started() as sandbox:
        yield sandbox


@pytest.fixture
def sole_tenant(outages_sandbox: Sandbox, tmp_path: Path) -> Iterator[TenantWithOperator]:
    """The only tenant with an operator in its sandbox: faults meet only its own requests."""
    namespace = a_namespace(outages_sandbox)
    tenant = TenantWithOperator(outages_sandbox, namespace, tmp_path / "operator.log")
    tenant.operator.start()
    yield tenant
    tenant.operator.kill()


def test_lost_replies_to_creations_leave_one_of_each(sole_tenant: TenantWithOperator) -> None:
    tenant, senlin = sole_tenant, sole_tenant.sandbox.senlin
    with (
        senlin.fault("lose-reply", method="POST", path="/v1/profiles$", count=1) as profile,
        senlin.fault("lose-reply", method="POST", path="/v1/clusters$", count=1) as cluster,
    ):
        tenant.apply(tenant.secret(), tenant.profile(), tenant.cluster())
        tenant.ready(seconds=90)
        assert (profile.hits, cluster.hits) == (1, 1)

    assert len(tenant.profiles()) == 1
    assert len(tenant.clusters()) == 1


def outage_of(server: str, tenant: TenantWithOperator) -> None:
    """Kill a server, change the cluster as soon as Kubernetes can take it, start it again."""
    of_the_cloud = server in ("senlin", "keystone")
    tenant.sandbox.servers[server].stop(signal.SIGKILL)
    if of_the_cloud:
        tenant.kubectl("scale", "senlincluster/web", "--replicas=4")
    tenant.sandbox.servers[server].start()
    if not of_the_cloud:
        tenant.kubectl("scale", "senlincluster/web", "--replicas=4")


def test_every_server_is_restarted_under_it(sole_tenant: TenantWithOperator) -> None:
    tenant = sole_tenant
    tenant.quickstart()
    for server in ("senlin", "keystone", "kube-apiserver", "etcd", "kube-controller-manager"):
        outage_of(server, tenant)
        cluster = tenant.ready(seconds=90)
        assert cluster["status"]["resource"]["nodes"]["active"] == 4, server
        tenant.kubectl("scale", "senlincluster/web", "--replicas=3")
        tenant.ready()
        assert tenant.operator.running
    assert len(tenant.clusters()) == 1
    log = tenant.log()
    assert "a watch is interrupted" in log
    assert "the watch has resumed" in log
    assert "Request attempt" not in log  # kopf's words for each try


def test_a_definition_is_removed_and_put_back(sole_tenant: TenantWithOperator) -> None:
    tenant = sole_tenant
    tenant.quickstart()
    tenant.kubectl("delete", "crd", "senlinreceivers.senlin.openstack.org")
    tenant.eventually(
        lambda: bool(re.search(r"a watch is interrupted path=\S+/senlinreceivers\b", tenant.log())),
        "interrupted",
    )

    tenant.kubectl("scale", "senlincluster/web", "--replicas=2")
    tenant.ready()  # the other kinds go on
    with tenant.sandbox.inside():
        tenant.sandbox.apply_crds()
    tenant.apply(tenant.receiver())

    tenant.ready("SenlinReceiver", "grow")
    assert tenant.operator.running
    assert "Traceback" not in tenant.log()


def test_an_unreachable_project_is_reported_and_recovers(
    sole_tenant: TenantWithOperator,
) -> None:
    tenant = sole_tenant
    tenant.quickstart()
    faults: tuple[tuple[Any, Any], ...] = (
        ("refuse", {}),
        ("answer", {"status": 500, "body": '{"error": {"message": "boom"}}'}),
        ("answer", {"status": 429, "headers": {"Retry-After": "1"}}),
        ("answer", {"status": 502, "body": "<html>Bad Gateway</html>"}),
    )
    size = 3
    for kind, details in faults:
        size = 7 - size
        with tenant.sandbox.senlin.fault(kind, **details):
            tenant.kubectl("scale", "senlincluster/web", f"--replicas={size}")
            told = tenant.wait(
                "SenlinCluster",
                "web",
                lambda it: it["status"]["observedGeneration"] == it["metadata"]["generation"],
                "told",
            )
            assert not is_ready(told), kind
        tenant.ready(seconds=90)
    assert len(tenant.clusters()) == 1


def test_a_change_without_effect_is_reported_and_rarely_retried(
    tenant_with_operator: TenantWithOperator,
) -> None:
    tenant = tenant_with_operator
    cluster = tenant.quickstart()
    cluster_id, action_id = cluster["status"]["id"], cluster["status"]["action"]["id"]
    path = f"/v1/clusters/{cluster_id}$"
    lie: dict[str, Any] = {
        "status": 202,
        "body": json.dumps({"cluster": {"id": cluster_id}}),
        "headers": {"Location": f"/v1/actions/{action_id}", "Content-Type": "application/json"},
    }

    with tenant.sandbox.senlin.fault("answer", method="PATCH", path=path, **lie) as fault:
        tenant.edit("SenlinCluster", "web", timeoutSeconds=100)
        ready = tenant.waits_for("NoEffect")
        assert "timeout 3600 → 100" in ready["message"]
        assert fault.hits <= 3

    tenant.ready()
    assert tenant.senlin.get_cluster(cluster_id).timeout == 100
