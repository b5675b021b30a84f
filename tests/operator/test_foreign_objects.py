"""Objects of others in the same project, with the oddities that Senlin 16 takes from anybody."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from openstack_clustering import Connection, Profile, Proxy
from senlin_operator.kube.objects import RECONCILE_AT
from tests.operator.tenant import Document, Tenant

USER = "green-1"  # of another project than that of most tests, whom a policy could slow down
DEEP: Any = None
for _ in range(200):  # from about 250 on, Senlin stores it, but then can list no profile any more
    DEEP = {"deeper": DEEP}
METADATA: list[dict[str, Any]] = [
    {"nan": float("nan"), "infinite": [float("inf"), -float("inf")], "null": None},
    {"half": "\ud83d", "\udfff": "another half", "emoji": "😀"},
    {"number": 10**4000, "long": "x" * 50_000, "deep": DEEP},
    {"senlin.openstack.org/uid": ["no", "text"]},
    {"senlin.openstack.org/uid": None, "senlin.openstack.org/starting": {}},
]
NAMES = ["中" * 255, "..", "~-._", "x" * 255, "a.b"]
POLICIES: list[tuple[str, object, dict[str, Any]]] = [
    ("deletion", "1.1", {"grace_period": None}),
    ("deletion", 1.1, {"grace_period": 1e308, "hooks": {}, "criteria": []}),
    ("deletion", 1.0, {}),
    ("batch", "1.0", {"pause_time": None, "max_batch_size": -5, "min_in_service": 1e308}),
    ("zone_placement", "1.0", {"zones": []}),
    ("scaling", "1.0", {"event": [], "adjustment": {}}),
]


@pytest.fixture
def senlin(tenant: Tenant) -> Iterator[Proxy]:
    with Connection("openstack", clouds=tenant.sandbox.clouds(USER)) as connection:
        yield connection.cluster


@pytest.fixture
def odd(tenant: Tenant, senlin: Proxy) -> Iterator[list[Profile]]:
    """Objects that somebody has made beside ours; the profiles."""
    server = tenant.profile()["spec"]["resource"]
    spec = {"type": server["type"], "version": 1.0, "properties": server["properties"]}
    with ExitStack() as later:
        profiles = []
        for name, metadata in zip(NAMES, METADATA, strict=True):
            made = senlin.create_profile(name=name, spec=spec, metadata=metadata)
            later.callback(senlin.delete_profile, made)
            profiles.append(made)
        for type_, version, properties in POLICIES:
            rule = {"type": f"senlin.policy.{type_}", "version": version, "properties": properties}
            made_policy = senlin.create_policy(name=f"odd.{tenant.namespace}", spec=rule)
            later.callback(senlin.delete_policy, made_policy)
        cluster = senlin.create_cluster(
            name=NAMES[0],
            profile_id=profiles[0].id,
            metadata=METADATA[0],
            config={"node.name.format": None, "odd": {"list": [None, float("nan")]}},
        )
        later.callback(_gone, senlin, senlin.delete_cluster, cluster)
        node = senlin.create_node(
            name=f"{tenant.namespace}-{'n' * 200}",
            profile_id=profiles[1].id,
            metadata=METADATA[1],
            role="r" * 255,
        )
        later.callback(_gone, senlin, senlin.delete_node, node)
        for made_one in (cluster, node):
            senlin.wait_for_status(made_one, "ACTIVE", failures=["ERROR"], interval=0.1, wait=20)
        for params in (None, {"count": None}, {"count": float("nan")}):
            receiver = senlin.create_receiver(
                name=f"odd.{tenant.namespace}",
                type="webhook",
                cluster_id=cluster.id,
                action="CLUSTER_SCALE_OUT",
                **({} if params is None else {"params": params}),
            )
            later.callback(senlin.delete_receiver, receiver)
        senlin.check_cluster(cluster, odd=float("nan"), null=None)
        yield profiles


def test_ours_are_made_and_deleted_beside_what_others_have(
    tenant: Tenant, odd: list[Profile], senlin: Proxy
) -> None:
    resource: dict[str, Any] = {"policies": [{"policyRef": {"name": "grow"}}]}
    shown = [shows(tenant, f"odd-{number}", it.id) for number, it in enumerate(odd)]
    ours = [tenant.profile(), tenant.policy(), tenant.cluster(**resource), tenant.receiver()]

    tenant.apply(tenant.secret(USER), *ours, *shown)

    for document in ours:
        tenant.ready(document["kind"], document["metadata"]["name"])
    settled = [tenant.ready("SenlinProfile", it["metadata"]["name"]) for it in shown]
    metadata = [it["status"]["resource"].get("metadata", {}) for it in settled]
    assert metadata[0] == {"nan": None, "infinite": [None, None], "null": None}
    assert metadata[1] == {"half": "?", "?": "another half", "emoji": "😀"}
    assert metadata[2]["number"] == "1" + "0" * 1020 + "…"
    assert metadata[2]["long"] == "x" * 1021 + "…"

    again = {"metadata": {"annotations": {RECONCILE_AT: "now"}}}
    tenant.patch("SenlinProfile", "odd-0", again)
    handled = tenant.wait(
        "SenlinProfile",
        "odd-0",
        lambda it: it["status"].get("lastHandledReconcileAt") == "now",
        "reconciled again",
    )
    written = {**handled["status"], "lastSyncTime": "", "lastHandledReconcileAt": ""}
    assert written == {**settled[0]["status"], "lastSyncTime": "", "lastHandledReconcileAt": ""}

    tenant.delete_everything()
    for document in (*ours, *shown):
        tenant.gone(document["kind"], document["metadata"]["name"])
    assert "InternalError" not in tenant.log()
    assert "which is a bug" not in tenant.log()
    assert {it.id for it in odd} <= {it.id for it in senlin.profiles()}
    assert not [it for it in senlin.clusters() if it.metadata.get("namespace") == tenant.namespace]


def shows(tenant: Tenant, name: str, id_: str) -> Document:
    """Return the manifest of a resource that shows a profile of others."""
    document = tenant.profile(name)
    del document["spec"]["resource"]
    document["spec"] |= {"managementPolicy": "unmanaged", "import": {"id": id_}}
    return document


def _gone(senlin: Proxy, delete: Callable[[Any], Any], made: Any) -> None:
    delete(made)
    senlin.wait_for_delete(made, interval=0.1, wait=20)
