"""`kubectl senlin pause`, `resume` and `reconcile`."""

from collections.abc import Callable

from tests.operator.tenant import Tenant, TenantWithOperator, condition
from tests.plugin.conftest import Run


def test_a_paused_cluster_waits_until_it_is_resumed(
    tenant: Tenant, senlin: Callable[[Tenant], Run]
) -> None:
    run = senlin(tenant)
    tenant.quickstart()

    assert run("pause", "scl/web").code == 0
    tenant.edit("SenlinCluster", "web", desiredCapacity=4)
    tenant.wait("SenlinCluster", "web", lambda it: bool(condition(it, "Paused")), "paused")
    assert "Waits: Paused: Paused by the annotation" in run("plan", "scl/web").out

    resumed = run("resume", "scl/web")
    assert resumed.out == "SenlinCluster web is resumed.\n"
    assert tenant.ready()["status"]["resource"]["nodes"]["total"] == 4


def test_a_pause_of_the_manifest_stays(tenant: Tenant, senlin: Callable[[Tenant], Run]) -> None:
    tenant.quickstart()
    tenant.patch("SenlinCluster", "web", {"spec": {"paused": True}})

    resumed = senlin(tenant)("resume", "senlincluster/web")

    assert "still paused, by spec.paused" in resumed.out


def test_a_reconcile_is_waited_for(
    tenant_with_operator: TenantWithOperator, senlin: Callable[[Tenant], Run]
) -> None:
    tenant, run = tenant_with_operator, senlin(tenant_with_operator)
    tenant.quickstart()

    handled = run("reconcile", "SenlinCluster/web", "--wait", "30")
    tenant.operator.stop()
    late = run("reconcile", "senlinclusters/web", "--wait", "1")

    assert handled.code == 0
    assert handled.out.startswith("SenlinCluster web has been reconciled: Ready: 3 of 3 nodes")
    assert late.code == 1
    assert "has not reconciled SenlinCluster web within 1 s: is it running?" in late.out
