"""The operator that tenants share: it serves its own alone, and is replaced when it has died."""

import pytest

from tests.conftest import a_namespace, statuses_written
from tests.operator.process import SharedOperator, entries
from tests.operator.tenant import Tenant, TenantWithOperator

PROFILE = ("SenlinProfile", "web-server")
LOG = """\
2030-01-02T03:04:05.678Z INFO    SenlinCluster/first/web creating
2030-01-02T03:04:06.000Z ERROR   SenlinCluster/second/web failed
Traceback (most recent call last):
ValueError: 5
2030-01-02T03:04:07.000Z INFO    SenlinCluster/first/web created
"""


def test_a_namespace_without_a_tenant_is_not_served(
    tenant: Tenant, idle_tenant: TenantWithOperator
) -> None:
    for each in (idle_tenant, tenant):
        each.apply(each.secret(), each.profile())
    tenant.ready(*PROFILE)

    untouched = idle_tenant.get(*PROFILE)
    assert untouched
    assert "conditions" not in untouched["status"]
    assert "finalizers" not in untouched["metadata"]


def test_a_tenants_log_is_about_that_tenant(
    tenant: Tenant, shared_operator: SharedOperator
) -> None:
    namespace = a_namespace(tenant.sandbox, shared_operator.shard)
    other = Tenant(tenant.sandbox, namespace, lambda: shared_operator.log_of(namespace, 0))
    for each in (other, tenant):
        each.apply(each.secret(), each.profile())
        each.ready(*PROFILE)
    other.delete_everything()

    assert tenant.namespace in tenant.log()
    assert namespace not in tenant.log()
    assert namespace in other.log()


def test_a_dead_one_is_replaced(tenant: Tenant, shared_operator: SharedOperator) -> None:
    shared_operator.kill()
    assert not shared_operator.healthy

    shared_operator.start()
    tenant.apply(tenant.secret(), tenant.profile())

    tenant.ready(*PROFILE)
    assert shared_operator.healthy


def test_every_status_that_was_written_is_known(tenant: Tenant) -> None:
    """So that the end of the run can hold them all to kstatus and Argo CD."""
    tenant.apply(tenant.secret(), tenant.profile())
    ready = tenant.ready(*PROFILE)

    written = [
        it
        for it in statuses_written(tenant.sandbox)
        if it["metadata"]["namespace"] == tenant.namespace
    ]
    assert written[-1]["status"] == ready["status"]


def test_an_entry_has_its_traceback() -> None:
    first, second, third = entries(LOG)

    assert first + second + third == LOG
    assert second.endswith("failed\nTraceback (most recent call last):\nValueError: 5\n")


@pytest.mark.parametrize("log", ["", "no time at all\n"])
def test_a_line_without_a_time_is_kept(log: str) -> None:
    assert "".join(entries(log)) == log
