"""What exists in Senlin is exported as manifests, which take it over and change nothing.

The commands of docs/export.md, with `--directory`.
"""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from senlin_operator.kinds import KINDS
from tests.operator.process import PROGRAM
from tests.operator.tenant import Document, Tenant
from tests.operator.test_import import handmade, handmade_profile

UPDATES = ("CLUSTER_UPDATE", "NODE_UPDATE")  # by which the owner's marker is written
POLICIES: dict[str, tuple[str, Document]] = {
    "deletion": ("1.1", {"criteria": "OLDEST_FIRST"}),
    "scaling": ("1.0", {"event": "CLUSTER_SCALE_OUT", "adjustment": {"number": 1}}),
    "batch": ("1.0", {"max_batch_size": 2}),
    "affinity": ("1.0", {"servergroup": {"policies": "soft-anti-affinity"}}),
    "loadbalance": (
        "1.3",
        {
            "pool": {"protocol": "HTTP", "protocol_port": 80, "subnet": "private"},
            "vip": {"protocol": "HTTP", "protocol_port": 80, "subnet": "public"},
        },
    ),
    "zone_placement": ("1.0", {"zones": [{"name": "az1", "weight": 1}]}),
    "region_placement": ("1.0", {"regions": [{"name": "RegionOne", "weight": 1}]}),
    "health": (
        "1.1",
        {
            "detection": {
                "detection_modes": [{"type": "NODE_STATUS_POLLING"}],
                "interval": 600,
            },
            "recovery": {"actions": [{"name": "RECREATE"}]},
        },
    ),
}


def test_an_exported_project_is_taken_over_without_a_change(tenant: Tenant, tmp_path: Path) -> None:
    """All kinds, policies of all types, odd names, an empty cluster."""
    made = a_project_of_others(tenant)
    before = state(tenant)

    exported = export(tenant, tmp_path, "--selector", f"namespace={tenant.namespace}")
    tenant.apply(tenant.secret(), *exported)

    for manifest in exported:
        tenant.ready(manifest["kind"], manifest["metadata"]["name"])
    assert {it["kind"] for it in exported} == KINDS.keys()
    assert {it["spec"]["managementPolicy"] for it in exported} == {"managed"}
    assert state(tenant) == before
    for id_ in made:
        actions = {it.action for it in tenant.senlin.actions(target=id_)}
        assert actions <= {"CLUSTER_CREATE", "NODE_CREATE", "CLUSTER_ATTACH_POLICY", *UPDATES}


def test_a_cluster_with_a_broken_node_is_taken_over_as_it_is(
    tenant: Tenant, tmp_path: Path
) -> None:
    web = handmade(tenant, f"web-{tenant.namespace}", size=2)
    node, *_ = tenant.senlin.nodes(cluster_id=web.id)
    tenant.sandbox.nova.vanish(node.name)
    tenant.senlin.wait_for_action(tenant.senlin.check_cluster(web.id), interval=0.2)
    before = state(tenant)

    exported = export(tenant, tmp_path, "--selector", f"namespace={tenant.namespace}")
    tenant.apply(tenant.secret(), *exported)

    assert "1 of 2 nodes" in tenant.waits_for("Degraded", name=f"web-{tenant.namespace}")["message"]
    assert state(tenant) == before
    assert {it.action for it in tenant.senlin.actions(target=web.id)} == {
        "CLUSTER_CREATE",
        "CLUSTER_CHECK",
        "CLUSTER_UPDATE",
    }


def a_project_of_others(tenant: Tenant) -> list[str]:
    """Make one object of each kind and more; return the ids of what has actions."""
    senlin, namespace = tenant.senlin, tenant.namespace
    web = handmade(tenant, f"Web_{namespace}", size=2)
    empty = handmade(tenant, f"空-{namespace}", size=0)
    for name, (version, properties) in POLICIES.items():
        spec = {"type": f"senlin.policy.{name}", "version": version, "properties": properties}
        policy = senlin.create_policy(name=f"{name}~{namespace}", spec=spec)
        attach(tenant, web.id, policy.id, enabled=name != "batch")
    profile = handmade_profile(tenant, f"single-{namespace}")
    node = senlin.create_node(
        name=f"{namespace}-single",
        profile_id=profile.id,
        metadata={"namespace": namespace, "說明": "資料庫"},
        role="db",
    )
    senlin.wait_for_status(node, "ACTIVE", interval=0.2)
    senlin.create_receiver(
        name=f"grow-{namespace}",
        type="webhook",
        cluster_id=web.id,
        action="CLUSTER_SCALE_OUT",
        params={"count": 1},
    )
    return [web.id, empty.id, node.id]


def attach(tenant: Tenant, cluster: str, policy: str, *, enabled: bool) -> None:
    reply = tenant.senlin.attach_policy_to_cluster(cluster, policy, enabled=enabled)
    tenant.senlin.wait_for_action(reply, interval=0.2)


def state(tenant: Tenant) -> Any:
    """Return what the namespace has in Senlin, without what taking over writes."""

    def of(items: Any) -> list[Document]:
        return [
            {key: it.get(key) for key in ("id", "status", "profile_id", "desired_capacity", "role")}
            for it in items
            if (it.metadata or {}).get("namespace") == tenant.namespace
        ]

    senlin = tenant.senlin
    clusters = of(senlin.clusters(sort="created_at"))
    members = [
        sorted((it.id, it.physical_id) for it in senlin.nodes(cluster_id=cluster["id"]))
        for cluster in clusters
    ]
    bound = [
        sorted((it.policy_id, it.is_enabled) for it in senlin.cluster_policies(cluster["id"]))
        for cluster in clusters
    ]
    return clusters, members, bound, of(senlin.nodes(sort="created_at"))


def export(tenant: Tenant, directory: Path, *flags: str) -> list[Any]:
    """Return the manifests that the command writes for the tenant's cloud."""
    with as_clouds_yaml(tenant, directory) as environ:
        command = [*PROGRAM, "export", "--directory", str(directory / "out"), *flags]
        subprocess.run([*command, "--namespace", tenant.namespace], check=True, env=environ)
    names = yaml.safe_load((directory / "out/kustomization.yaml").read_text())["resources"]
    return [yaml.safe_load((directory / "out" / name).read_text()) for name in names]


@contextmanager
def as_clouds_yaml(tenant: Tenant, directory: Path) -> Iterator[dict[str, str]]:
    """Yield environment variables with which any client finds the tenant's cloud."""
    file = directory / "clouds.yaml"
    file.write_text(json.dumps(tenant.sandbox.clouds()))
    yield {"OS_CLIENT_CONFIG_FILE": str(file), "OS_CLOUD": "openstack", "PYTHONPATH": "operator"}
