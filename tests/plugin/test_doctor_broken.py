"""`kubectl senlin doctor` where Senlin and Kubernetes themselves are broken."""

import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from openstack_clustering import Action
from sandbox import Sandbox
from tests.operator.tenant import Document, Tenant, TenantWithOperator
from tests.plugin.conftest import Run

HOUR = 3600.0
ACCOUNTS = ("--credentials", "openstack/openstack", "--credentials", "admin/openstack")


@pytest.fixture
def broken_tenant(sandbox_of_its_own: Sandbox, tmp_path: Path) -> Tenant:
    """A tenant without an operator, in a sandbox of its own, with an administrator's Secret."""
    tenant = TenantWithOperator(sandbox_of_its_own, "default", tmp_path / "operator.log")
    admin = tenant.secret("admin")
    admin["metadata"]["name"] = "admin"
    tenant.apply(tenant.secret(), admin)
    return tenant


def test_the_doctor_finds_what_only_servers_can_break(
    broken_tenant: Tenant, senlin: Callable[[Tenant], Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = broken_tenant
    healthy = senlin(tenant)("doctor", *ACCOUNTS)
    monkeypatch.setitem(os.environ, "SENLIN_LEAVES_DEAD_ACTIONS", "yes")

    action = a_dead_action(tenant)
    leave_a_dead_engine(tenant)
    change_definition(tenant)
    found = senlin(tenant)("doctor", *ACCOUNTS)

    assert "services of Senlin are up." in healthy.out
    assert "No action is stuck" in healthy.out
    assert "6 definitions are those of version" in healthy.out
    stuck = f"Action {action.id} (CLUSTER_CREATE on {action.target_id}) is long overdue."
    assert f"warning  {stuck}" in found.out
    assert f"openstack cluster action cancel --force {action.id}" in found.out
    assert "warning  The definition of senlinclusters has other fields than that of" in found.out
    assert "warning  These services of Senlin are down: senlin-engine on elsewhere." in found.out


def a_dead_action(tenant: Tenant) -> Action:
    """Return a creation that an engine began two hours ago, and that died since."""
    tenant.sandbox.nova.slow_builds(HOUR, "slow*")
    spec: dict[str, Any] = tenant.profile()["spec"]["resource"]
    wanted = {name: spec[name] for name in ("type", "version", "properties")}
    profile = tenant.senlin.create_profile(name="slow", spec=wanted)
    made = tenant.senlin.create_cluster(
        name="slow", profile_id=profile.id, desired_capacity=1, config={"node.name.format": "slow"}
    )
    tenant.eventually(lambda: bool(tenant.sandbox.nova.servers("slow*")), "being built")
    tenant.sandbox.servers["senlin"].restart()
    with sqlite3.connect(tenant.sandbox.directory / "senlin.db", timeout=60) as database:
        database.execute("UPDATE action SET start_time = start_time - ?", (2 * HOUR,))
    return tenant.senlin.get_action(str(made.action_id))


def leave_a_dead_engine(tenant: Tenant) -> None:
    """Have Senlin remember an engine of another machine, which has not been heard of for a day."""
    with sqlite3.connect(tenant.sandbox.directory / "senlin.db", timeout=60) as database:
        database.execute(
            "INSERT INTO service (id, host, binary, topic, disabled, created_at, updated_at) "
            "SELECT ?, 'elsewhere', binary, topic, disabled, created_at, datetime('now', '-1 day') "
            "FROM service WHERE binary = 'senlin-engine' LIMIT 1",
            (str(uuid4()),),
        )


def change_definition(tenant: Tenant) -> None:
    """Give a definition a field that no version has."""
    name = "senlinclusters.senlin.openstack.org"
    definition: Document = json.loads(tenant.kubectl("get", "crd", name, "--output=json"))
    schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    schema["properties"]["spec"]["properties"]["later"] = {"type": "string"}
    tenant.kubectl("replace", "-f", "-", input=json.dumps(definition))
