"""Names as long as Kubernetes takes them, with a dot where the operator cuts them."""

from tests.operator.tenant import Tenant

LONG = f"{'a' * 199}.{'b' * 53}"


def test_resources_of_all_kinds_with_the_longest_names(tenant: Tenant) -> None:
    profile, policy = tenant.profile(LONG), tenant.policy(LONG, name=f"{tenant.namespace}-grow")
    inline = {name: profile["spec"]["resource"][name] for name in ("type", "version", "properties")}
    cluster = tenant.cluster(LONG, profile=inline, members="Mirror", config=None, desiredCapacity=1)
    del cluster["spec"]["resource"]["profileRef"], cluster["spec"]["resource"]["config"]
    tenant.apply(
        tenant.secret(),
        profile,
        policy,
        cluster,
        tenant.receiver(LONG, clusterRef={"name": LONG}, name=f"{tenant.namespace}-grow"),
        tenant.node(LONG, profileRef={"name": LONG}, name=LONG),
        tenant.operation(LONG, {"check": {}}, clusterRef={"name": LONG}),
    )

    for kind in ("SenlinProfile", "SenlinPolicy", "SenlinCluster", "SenlinReceiver", "SenlinNode"):
        tenant.ready(kind, LONG)
    tenant.ends(LONG)
    assert tenant.url(LONG)
    [mirror] = [it for it in tenant.all_of("SenlinNode") if it["metadata"]["name"] != LONG]
    assert mirror["metadata"]["name"].startswith(f"{'a' * 199}-")
    [dependent] = [it for it in tenant.all_of("SenlinProfile") if it["metadata"]["name"] != LONG]
    tenant.ready("SenlinProfile", dependent["metadata"]["name"])
    assert ("Ready", "1 of 1 nodes are active.") in tenant.events(LONG)
