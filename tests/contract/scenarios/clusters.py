"""A cluster: its creation, its changes, its end."""

from tests.contract.cloud import DELETION, NOBODY, Cloud, refusal
from tests.contract.scenario import scenario


@scenario(
    "a cluster is asked for: the reply shows INIT, and its nodes come with an action",
    expect=("INIT", None, "SUCCEEDED", ("ACTIVE", 2, ["ACTIVE", "ACTIVE"]), True),
)
def _(cloud: Cloud) -> object:
    made = cloud.create(2)
    status = cloud.end(made)
    observed = cloud.read(made.id)
    return made.status, made.created_at, status, cloud.state(made.id), bool(observed.created_at)


@scenario(
    "a cluster of no nodes: it is ACTIVE",
    expect=("SUCCEEDED", ("ACTIVE", 0, [])),
)
def _(cloud: Cloud) -> object:
    made = cloud.create(0)
    return cloud.end(made), cloud.state(made.id)


@scenario(
    "nodes of a new cluster: they are numbered from 1, and made of its profile",
    expect=([1, 2], True),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(2)
    nodes = cloud.members(cluster)
    same = {it.profile_id for it in nodes} == {cloud.read(cluster).profile_id}
    return [it.index for it in nodes], same


@scenario(
    "a second cluster of a name: it is made, names are not unique",
    expect=2,
)
def _(cloud: Cloud) -> object:
    profile = cloud.profile()
    for _ in range(2):
        cloud.cluster(0, profile_id=profile)
    return sum(it.name == cloud.name for it in cloud.senlin.clusters())


@scenario(
    "a cluster smaller or larger than its limits: it is refused, and nothing is left",
    expect=("BadRequest BadRequest", "BadRequest BadRequest", 0),
)
def _(cloud: Cloud) -> object:
    profile = cloud.profile()
    small = refusal(lambda: cloud.create(1, min_size=2, profile_id=profile))
    large = refusal(lambda: cloud.create(3, max_size=2, profile_id=profile))
    return small, large, sum(it.name == cloud.name for it in cloud.senlin.clusters())


@scenario(
    "a cluster of a profile that does not exist: it is refused",
    expect="BadRequest BadRequest",
)
def _(cloud: Cloud) -> object:
    return refusal(lambda: cloud.create(1, profile_id=NOBODY))


@scenario(
    "no server of a new cluster can be built: its nodes stay, and it is WARNING",
    expect=("FAILED", ("WARNING", 2, ["ERROR", "ERROR"]), [None, None], [None, None], None),
)
def _(cloud: Cloud) -> object:
    with cloud.failing_builds():
        made = cloud.create(2)
        status = cloud.end(made)
    nodes = cloud.members(made.id)
    return (
        status,
        cloud.state(made.id),
        [it.physical_id for it in nodes],
        [it.created_at for it in nodes],
        cloud.read(made.id).created_at,
    )


@scenario(
    "fewer servers of a new cluster can be built than its least size: it is ERROR",
    expect=("FAILED", ("ERROR", 2, ["ACTIVE", "ERROR"])),
)
def _(cloud: Cloud) -> object:
    with cloud.failing_builds(count=1):
        made = cloud.create(2, min_size=2)
        return cloud.end(made), cloud.state(made.id)


@scenario(
    "a cluster whose creation failed is repaired: created_at stays empty for ever",
    expect=(("ACTIVE", 1, ["ACTIVE"]), None, [None], ["RECREATE"]),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.unbuilt_cluster(1)
    cloud.end(cloud.recover(cluster))
    nodes = cloud.members(cluster)
    return (
        cloud.state(cluster),
        cloud.read(cluster).created_at,
        [it.created_at for it in nodes],
        [it.data.get("recovery") for it in nodes],
    )


# Changes.


@scenario(
    "name, timeout and maps of a cluster are changed: the reply shows the old ones",
    expect=(True, "SUCCEEDED", ("new", 700, {"b": "2"}, {"node.name.format": "n-$I"})),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(0, metadata={"a": "1"})
    reply = cloud.senlin.update_cluster(
        cluster,
        name="new",
        timeout=700,
        metadata={"b": "2"},
        config={"node.name.format": "n-$I"},
    )
    status = cloud.end(reply)
    observed = cloud.read(cluster)
    return (
        reply.name == cloud.name,
        status,
        (observed.name, observed.timeout, observed.metadata, observed.config),
    )


@scenario(
    "an update that changes nothing: it is refused",
    expect="BadRequest BadRequest",
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(0)
    return refusal(lambda: cloud.senlin.update_cluster(cluster, name=cloud.name))


@scenario(
    "an update to the profile that the cluster has, though a node has another: it is refused",
    expect="BadRequest BadRequest",
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(1)
    profile = cloud.read(cluster).profile_id
    (node,) = cloud.ids(cluster)
    cloud.end(cloud.senlin.update_node(node, profile_id=cloud.profile(flavor="m1.small")))
    return refusal(lambda: cloud.senlin.update_cluster(cluster, profile_id=profile))


@scenario(
    "an update to a profile that does not exist: it is refused",
    expect="BadRequest BadRequest",
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(0)
    return refusal(lambda: cloud.senlin.update_cluster(cluster, profile_id=NOBODY))


@scenario(
    "an update of a cluster in ERROR: it is refused, as not supported",
    expect=("ERROR", "Conflict FeatureNotSupported"),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.unbuilt_cluster(1, min_size=1)
    status = cloud.read(cluster).status
    return status, refusal(lambda: cloud.senlin.update_cluster(cluster, name="new"))


@scenario(
    "an update of a cluster in WARNING: it is carried out",
    expect=("WARNING", "SUCCEEDED", "new", "WARNING"),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.unbuilt_cluster(1)
    before = cloud.read(cluster).status
    status = cloud.end(cloud.senlin.update_cluster(cluster, name="new"))
    observed = cloud.read(cluster)
    return before, status, observed.name, observed.status


@scenario(
    "a new profile for a cluster: it reaches all nodes, and they keep their servers",
    expect=("SUCCEEDED", True, True, ("ACTIVE", 2, ["ACTIVE", "ACTIVE"])),
)
def _(cloud: Cloud) -> object:
    cluster, profile = cloud.cluster(2), cloud.profile(flavor="m1.small")
    servers = [it.physical_id for it in cloud.members(cluster)]
    status = cloud.end(cloud.senlin.update_cluster(cluster, profile_id=profile))
    nodes = cloud.members(cluster)
    same = {cloud.read(cluster).profile_id, *(it.profile_id for it in nodes)} == {profile}
    return status, same, servers == [it.physical_id for it in nodes], cloud.state(cluster)


@scenario(
    "Nova refuses a server its new flavor: cluster and node keep the profile, the node is ERROR",
    expect=("FAILED", ("WARNING", 2, ["ACTIVE", "ERROR"]), 1, True, "Failed in updating", True),
    cites=("update Nova ERROR server",),
)
def _(cloud: Cloud) -> object:
    cluster, profile = cloud.cluster(2), cloud.profile(flavor="m1.small")
    old = cloud.read(cluster).profile_id
    with cloud.failing_resizes(count=1):
        status = cloud.end(cloud.senlin.update_cluster(cluster, profile_id=profile))
    (broken,) = (it for it in cloud.members(cluster) if it.status == "ERROR")
    return (
        status,
        cloud.state(cluster),
        sum(it.profile_id == profile for it in cloud.members(cluster)),
        cloud.read(cluster).profile_id == broken.profile_id == old,
        broken.status_reason[: len("Failed in updating")],
        cloud.has_server(broken.physical_id or ""),
    )


@scenario(
    "a new profile for a cluster with a node that has no server: the update fails",
    expect=("FAILED", ("WARNING", 2, ["ACTIVE", "ERROR"]), [False, True], False),
)
def _(cloud: Cloud) -> object:
    with cloud.failing_builds(count=1):
        cluster = cloud.cluster(2)
    profile = cloud.profile(flavor="m1.small")
    status = cloud.end(cloud.senlin.update_cluster(cluster, profile_id=profile))
    changed = sorted(it.profile_id == profile for it in cloud.members(cluster))
    return status, cloud.state(cluster), changed, cloud.read(cluster).profile_id == profile


# The end.


@scenario(
    "a cluster is deleted: its nodes, their servers and its bindings are deleted with it",
    expect=("SUCCEEDED", None, [], [False, False], True),
)
def _(cloud: Cloud) -> object:
    cluster, policy = cloud.cluster(2), cloud.policy(DELETION)
    cloud.end(cloud.attach(cluster, policy))
    servers = [it.physical_id or "" for it in cloud.members(cluster)]
    status = cloud.end(cloud.senlin.delete_cluster(cluster))
    cloud.senlin.delete_policy(policy)
    return (
        status,
        cloud.state(cluster),
        cloud.ids(cluster),
        [cloud.has_server(it) for it in servers],
        all(it.id != policy for it in cloud.senlin.policies()),
    )


@scenario(
    "a cluster that does not exist is deleted: the client says so without an error",
    expect=(None, None),
)
def _(cloud: Cloud) -> object:
    return cloud.senlin.delete_cluster(NOBODY), cloud.senlin.delete_node(NOBODY)


@scenario(
    "requests about a cluster that does not exist: they are answered by 404",
    expect=["ResourceNotFound ResourceNotFound"] * 5,
)
def _(cloud: Cloud) -> object:
    senlin = cloud.senlin
    return [
        refusal(lambda: senlin.update_cluster(NOBODY, name="new")),
        refusal(lambda: senlin.check_cluster(NOBODY)),
        refusal(lambda: cloud.recover(NOBODY)),
        refusal(lambda: cloud.attach(NOBODY, NOBODY)),
        refusal(lambda: list(senlin.cluster_policies(NOBODY))),
    ]


@scenario(
    "a cluster is deleted while it is created: only by force",
    expect=("Conflict ActionInProgress", "SUCCEEDED", None),
)
def _(cloud: Cloud) -> object:
    with cloud.slow_builds():
        made = cloud.create(1)
        cloud.let_start(made)
        cloud.until(lambda: cloud.read(made.id).status == "CREATING")
        plain = refusal(lambda: cloud.senlin.delete_cluster(made.id))
        deleted = cloud.senlin.delete_cluster(made.id, force_delete=True)
    return plain, cloud.end(deleted), cloud.state(made.id)


@scenario(
    "a cluster is deleted while it is resized: the deletion takes the lock away and ends first",
    expect=("SUCCEEDED", None),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(1)
    with cloud.slow_builds():
        resize = cloud.resize(cluster, 2)
        cloud.let_start(resize)
        cloud.until(lambda: cloud.read(cluster).status == "RESIZING")
        deleted = cloud.senlin.delete_cluster(cluster)
    return cloud.end(deleted), cloud.state(cluster)
