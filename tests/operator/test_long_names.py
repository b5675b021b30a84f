"""Names as long as Kubernetes takes them, with a dot where the operator cuts them."""

from tests.operator.tenant import Document, Tenant

LONG = f"{'a' * 199}.{'b' * 53}"


def called(manifest: Document, name: str) -> Document:
    """Return the manifest with that name in Senlin."""
    manifest["spec"]["resource"]["name"] = name
    return manifest


def test_resources_of_all_kinds_with_the_longest_names(tenant: Tenant) -> None:
    short = f"{tenant.namespace}-short"
    profile, cluster = tenant.profile(LONG), tenant.cluster(LONG, members="Mirror")
    inline = {name: profile["spec"]["resource"][name] for name in ("type", "version", "properties")}
    del cluster["spec"]["resource"]["profileRef"], cluster["spec"]["resource"]["config"]
    cluster["spec"]["resource"] |= {"profile": inline, "desiredCapacity": 1}
    tenant.apply(
        tenant.secret(),
        profile,
        called(tenant.policy(LONG), short),
        cluster,
        called(tenant.receiver(LONG, clusterRef={"name": LONG}), short),
        called(tenant.node(LONG, profileRef={"name": LONG}), LONG),
        tenant.operation(LONG, {"check": {}}, clusterRef={"name": LONG}),
    )

    for kind in ("SenlinProfile", "SenlinPolicy", "SenlinCluster", "SenlinReceiver", "SenlinNode"):
        tenant.ready(kind, LONG)
    tenant.ends(LONG)
    assert tenant.url(LONG)
    [mirror] = [it for it in tenant.all_of("SenlinNode") if it["metadata"]["name"] != LONG]
    assert mirror["metadata"]["name"].startswith(f"{'a' * 199}-")
    [owned] = [it for it in tenant.all_of("SenlinProfile") if it["metadata"]["name"] != LONG]
    tenant.ready("SenlinProfile", owned["metadata"]["name"])
    assert ("Ready", "1 of 1 nodes are active.") in tenant.events(LONG)
