"""What `kubectl senlin plan` prints is what then happens: the log of the operator says so."""

from collections.abc import Callable
from pathlib import Path

from tests.operator.foretold import Steps, all_happened, planned_of
from tests.operator.tenant import Document, Tenant, TenantWithOperator
from tests.operator.test_cluster_policies import listed, policy
from tests.plugin.conftest import Ran, Run, written


def planned(ran: Ran, kind: str = "SenlinCluster", name: str = "web") -> Steps:
    """Return the planned steps of a resource."""
    return planned_of(ran.document)[kind, name]


def happened(tenant: Tenant, kind: str = "SenlinCluster", name: str = "web") -> Steps:
    """Return the steps that the operator has taken for a resource."""
    return all_happened(tenant).get((kind, name), [])


def test_a_creation_with_policies(
    tenant: Tenant, senlin: Callable[[Tenant], Run], tmp_path: Path
) -> None:
    made: list[Document] = [
        tenant.secret(),
        tenant.profile(),
        policy("deletion"),
        tenant.cluster(policies=listed("deletion")),
    ]

    plan = senlin(tenant)("plan", "-o", "json", "-f", written(tmp_path, *made))
    assert plan.code == 1
    assert tenant.all_of("SenlinCluster") == tenant.clusters() == []
    requests = tenant.sandbox.audit(userAgent="kubectl-senlin")
    written_ = [
        it["requestURI"]
        for it in requests
        if tenant.namespace in it["requestURI"]
        and it["verb"] not in ("get", "list")
        and "dryRun=All" not in it["requestURI"]
    ]
    assert requests
    assert written_ == []
    tenant.apply(*made)
    tenant.ready()

    verbs = [verb for verb, _ in planned(plan)]
    assert verbs == ["Creating", "AttachingPolicy", "Resizing"]
    for made_of in (
        ("SenlinCluster", "web"),
        ("SenlinProfile", "web-server"),
        ("SenlinPolicy", "deletion"),
    ):
        assert happened(tenant, *made_of) == planned(plan, *made_of)


def test_a_scale_then_a_profile_then_policies(
    tenant: Tenant, senlin: Callable[[Tenant], Run], tmp_path: Path
) -> None:
    run = senlin(tenant)
    tenant.apply(policy("deletion"), policy("batch", "senlin.policy.batch", pause_time=0))
    tenant.apply(tenant.profile("larger", flavor="m1.small"))
    tenant.quickstart()
    assert run("plan", "senlincluster/web").code == 0

    for changes in (
        {"desiredCapacity": 5},
        {"profileRef": {"name": "larger"}},
        {"policies": listed("deletion", "batch")},
        {"policies": listed("batch"), "desiredCapacity": 2, "minSize": 2},
    ):
        wanted = tenant.cluster(**changes)
        since = len(happened(tenant))
        plan = run("plan", "-o", "json", "-f", written(tmp_path, wanted))
        assert plan.code == 1, plan
        assert planned(plan)
        tenant.apply(wanted)
        tenant.ready()

        assert happened(tenant)[since:] == planned(plan)


def test_an_inline_profile_is_replaced(
    tenant: Tenant, senlin: Callable[[Tenant], Run], tmp_path: Path
) -> None:
    run = senlin(tenant)
    inline = tenant.profile()["spec"]["resource"]
    cluster = tenant.cluster(profile=inline, strategy={"type": "Replace"})
    cluster["spec"]["resource"].pop("profileRef")
    tenant.apply(tenant.secret(), cluster)
    tenant.ready()
    [before] = tenant.all_of("SenlinProfile")
    inline["properties"]["flavor"] = "m1.small"
    since = len(happened(tenant))

    plan = run("plan", "-o", "json", "-f", written(tmp_path, cluster))
    tenant.apply(cluster)
    tenant.ready()
    name = before["metadata"]["name"]
    tenant.gone("SenlinProfile", name)

    assert [verb for verb, _ in planned(plan)] == [
        "Updating",
        *["RemovingNodes", "Resizing"] * 3,
    ]
    assert happened(tenant)[since:] == planned(plan)
    [after] = tenant.all_of("SenlinProfile")
    for profile in (after["metadata"]["name"], name):
        steps = happened(tenant, "SenlinProfile", profile)
        assert planned(plan, "SenlinProfile", profile) == steps[-1:]


def test_a_deletion(tenant: Tenant, senlin: Callable[[Tenant], Run]) -> None:
    tenant.quickstart()
    since = len(happened(tenant))

    what = ("senlincluster/web", "sprof/web-server")
    plan = senlin(tenant)("plan", "-o", "json", "--delete", *what)
    assert [it["kind"] for it in plan.document["resources"]] == ["SenlinCluster", "SenlinProfile"]
    assert {it["outcome"] for it in plan.document["resources"]} == {"Gone"}
    tenant.delete("senlincluster/web", "senlinprofile/web-server")
    tenant.gone("SenlinCluster", "web")
    tenant.gone("SenlinProfile", "web-server")
    assert happened(tenant)[since:] == planned(plan)
    profile = "SenlinProfile", "web-server"
    assert happened(tenant, *profile)[1:] == planned(plan, *profile)


def test_drift(tenant_with_operator: TenantWithOperator, senlin: Callable[[Tenant], Run]) -> None:
    tenant = tenant_with_operator
    tenant.quickstart()
    since = len(happened(tenant))
    tenant.operator.stop()
    [cluster] = tenant.clusters()
    tenant.senlin.wait_for_action(
        tenant.senlin.resize_cluster(cluster.id, adjustment_type="EXACT_CAPACITY", number=4)[
            "action"
        ]
    )

    plan = senlin(tenant)("plan", "-o", "json", "scl/web")
    shown = senlin(tenant)("plan", "scl/web")
    tenant.operator.start()

    assert planned(plan) == [("Resizing", "desiredCapacity 4 → 3")]
    tenant.eventually(lambda: happened(tenant)[since:] == planned(plan), "corrected")
    assert shown.out.splitlines()[:2] == [
        "SenlinCluster web: others have changed it in Senlin",
        "  ~ Resizing: desiredCapacity 4 → 3",
    ]


def test_a_node_joins_its_cluster(
    tenant: Tenant, senlin: Callable[[Tenant], Run], tmp_path: Path
) -> None:
    tenant.quickstart()
    node = tenant.node(clusterRef={"name": "web"}, role="front")

    plan = senlin(tenant)("plan", "-o", "json", "-f", written(tmp_path, node))
    tenant.apply(node)
    tenant.ready("SenlinNode", "web-1")

    web_1 = "SenlinNode", "web-1"
    assert [verb for verb, _ in planned(plan, *web_1)] == ["Creating", "Joining", "Updating"]
    assert happened(tenant, *web_1) == planned(plan, *web_1)


def test_an_operation_is_planned_and_not_sent(
    tenant: Tenant, senlin: Callable[[Tenant], Run], tmp_path: Path
) -> None:
    tenant.quickstart()
    check = tenant.operation("check", {"check": {}})

    plan = senlin(tenant)("plan", "-o", "json", "-f", written(tmp_path, check))
    tenant.apply(check)
    tenant.ends("check")

    [(verb, summary)] = planned(plan, "SenlinOperation", "check")
    tenant.eventually(lambda: (verb, summary) in tenant.events("check"), "told")


def test_what_cannot_be_planned_is_said(
    tenant: Tenant, senlin: Callable[[Tenant], Run], tmp_path: Path
) -> None:
    run = senlin(tenant)
    invalid = tenant.cluster(minSize=7)
    refused = run("plan", "-f", written(tmp_path, invalid))
    missing = run("plan", "-f", written(tmp_path, tenant.cluster()))
    waiting = run("plan", "-f", written(tmp_path, tenant.secret(), tenant.cluster()))
    unnamed = run("plan")

    assert [it.code for it in (refused, missing, waiting, unnamed)] == [2, 2, 0, 2]
    assert "minSize" in refused.err
    assert "CredentialsMissing: Secret openstack does not exist" in missing.out
    assert "Waits: ReferenceMissing: SenlinProfile web-server does not exist." in waiting.out
    assert unnamed.err == "error: Name what to plan: -f FILE, KIND/NAME, or --all.\n"
