"""A node by itself: its creation, its changes, its end."""

from tests.contract.cloud import NOBODY, Cloud, refusal
from tests.contract.scenario import scenario


@scenario(
    "a node is asked for: the reply shows INIT, and its server comes with an action",
    expect=("INIT", "", -1, None, "SUCCEEDED", "ACTIVE", True, True),
)
def _(cloud: Cloud) -> object:
    made = cloud.create_node()
    status = cloud.end(made)
    observed = cloud.read_node(made.id)
    has = cloud.has_server(observed.physical_id or "")
    shown = made.status, made.cluster_id, made.index, made.created_at
    return *shown, status, observed.status, bool(observed.created_at), has


@scenario(
    "no server of a new node can be built: it stays in ERROR, and created_at stays empty",
    expect=("FAILED", "ERROR", None, None),
)
def _(cloud: Cloud) -> object:
    with cloud.failing_builds():
        made = cloud.create_node()
        status = cloud.end(made)
    observed = cloud.read_node(made.id)
    return status, observed.status, observed.created_at, observed.physical_id


@scenario(
    "the server of a new node fails while it is built: the node keeps its id, until it is checked",
    expect=("FAILED", "ERROR", None, True, False, "SUCCEEDED", "ERROR", None),
)
def _(cloud: Cloud) -> object:
    with cloud.failing_builds(late=True):
        made = cloud.create_node()
        status = cloud.end(made)
    observed = cloud.read_node(made.id)
    server = observed.physical_id or ""
    answer = status, observed.status, observed.created_at, bool(server), cloud.has_server(server)
    check = cloud.end(cloud.senlin.check_node(made.id))
    after = cloud.read_node(made.id)
    return *answer, check, after.status, after.physical_id


@scenario(
    "a node of a profile that does not exist: it is refused",
    expect="BadRequest BadRequest",
)
def _(cloud: Cloud) -> object:
    return refusal(lambda: cloud.create_node(profile_id=NOBODY))


@scenario(
    "name, role, taint and metadata of a node are changed: metadata is replaced whole",
    expect=("SUCCEEDED", ("new", "boss", True, {"b": "2"}), "ACTIVE"),
)
def _(cloud: Cloud) -> object:
    node = cloud.node(metadata={"a": "1"})
    reply = cloud.senlin.update_node(
        node, name="new", role="boss", metadata={"b": "2"}, tainted=True
    )
    status = cloud.end(reply)
    observed = cloud.read_node(node)
    return (
        status,
        (observed.name, observed.role, observed.tainted, observed.metadata),
        observed.status,
    )


@scenario(
    "an update of a node that changes nothing: it is refused",
    expect="BadRequest BadRequest",
)
def _(cloud: Cloud) -> object:
    node = cloud.node()
    return refusal(lambda: cloud.senlin.update_node(node, name=cloud.name))


@scenario(
    "an update of a node without a server: it fails, and changes nothing",
    expect=("FAILED", True, "ERROR"),
)
def _(cloud: Cloud) -> object:
    node = cloud.unbuilt_node()
    status = cloud.end(cloud.senlin.update_node(node, name="new"))
    observed = cloud.read_node(node)
    return status, observed.name == cloud.name, observed.status


@scenario(
    "an update of a broken node: it is ACTIVE then, whatever its server does",
    expect=("ERROR", "SUCCEEDED", "ACTIVE"),
    cites=("update broken ACTIVE",),
)
def _(cloud: Cloud) -> object:
    node = cloud.broken_node()
    before = cloud.read_node(node).status
    status = cloud.end(cloud.senlin.update_node(node, role="boss"))
    return before, status, cloud.read_node(node).status


@scenario(
    "a node gets a profile with another flavor: it keeps its server",
    expect=("SUCCEEDED", True, "ACTIVE", True),
)
def _(cloud: Cloud) -> object:
    node, profile = cloud.node(), cloud.profile(flavor="m1.small")
    server = cloud.read_node(node).physical_id
    status = cloud.end(cloud.senlin.update_node(node, profile_id=profile))
    observed = cloud.read_node(node)
    return status, observed.profile_id == profile, observed.status, observed.physical_id == server


@scenario(
    "Nova refuses a node its new flavor: it is ERROR with its server, and a check finds it ACTIVE",
    expect=("FAILED", "ERROR", "Failed in updating", True, False, "ACTIVE"),
    cites=("update Nova ERROR server",),
)
def _(cloud: Cloud) -> object:
    node, profile = cloud.node(), cloud.profile(flavor="m1.small")
    server = cloud.read_node(node).physical_id
    with cloud.failing_resizes():
        status = cloud.end(cloud.senlin.update_node(node, profile_id=profile))
    observed = cloud.read_node(node)
    cloud.end(cloud.senlin.check_node(node))
    return (
        status,
        observed.status,
        observed.status_reason[: len("Failed in updating")],
        observed.physical_id == server,
        observed.profile_id == profile,
        cloud.read_node(node).status,
    )


@scenario(
    "a node gets a profile that no update can reach: it stays UPDATING until it is checked",
    expect=("FAILED", ("UPDATING", "Update in progress"), False, "ACTIVE"),
    cites=("update half-way UPDATING", "accepts change leaves UPDATING"),
)
def _(cloud: Cloud) -> object:
    node, profile = cloud.node(), cloud.profile(key_name="default")
    status = cloud.end(cloud.senlin.update_node(node, profile_id=profile))
    observed = cloud.read_node(node)
    cloud.end(cloud.senlin.check_node(node))
    after = cloud.read_node(node)
    said = observed.status, observed.status_reason
    return status, said, after.profile_id == profile, after.status


@scenario(
    "a node gets another image: that fails, and its server is stopped for good",
    expect=("FAILED", "ERROR", False, True, "ERROR"),
)
def _(cloud: Cloud) -> object:
    node, profile = cloud.node(), cloud.profile(image="cirros-new")
    server = cloud.read_node(node).physical_id
    status = cloud.end(cloud.senlin.update_node(node, profile_id=profile))
    observed = cloud.read_node(node)
    cloud.end(cloud.senlin.check_node(node))
    same = observed.physical_id == server
    after = cloud.read_node(node).status
    return status, observed.status, observed.profile_id == profile, same, after


@scenario(
    "a node gets another flavor whose server was deleted: that fails, and it keeps the id",
    expect=("FAILED", "ERROR", True),
)
def _(cloud: Cloud) -> object:
    node, profile = cloud.node(), cloud.profile(flavor="m1.small")
    server = cloud.read_node(node).physical_id
    cloud.lose_server(node)
    status = cloud.end(cloud.senlin.update_node(node, profile_id=profile))
    observed = cloud.read_node(node)
    return status, observed.status, observed.physical_id == server


@scenario(
    "a node is deleted: its server is deleted with it",
    expect=("SUCCEEDED", False, False),
)
def _(cloud: Cloud) -> object:
    node = cloud.node()
    server = cloud.read_node(node).physical_id or ""
    status = cloud.end(cloud.senlin.delete_node(node))
    return status, cloud.has_node(node), cloud.has_server(server)


@scenario(
    "a node without a server is deleted: it is",
    expect=("SUCCEEDED", False),
)
def _(cloud: Cloud) -> object:
    node = cloud.unbuilt_node()
    return cloud.end(cloud.senlin.delete_node(node)), cloud.has_node(node)


@scenario(
    "a node is deleted while it is created: only by force",
    expect=("Conflict ActionInProgress", "SUCCEEDED", False),
)
def _(cloud: Cloud) -> object:
    with cloud.slow_builds():
        made = cloud.create_node()
        cloud.let_start(made)
        cloud.until(lambda: cloud.read_node(made.id).status == "CREATING")
        plain = refusal(lambda: cloud.senlin.delete_node(made.id))
        deleted = cloud.senlin.delete_node(made.id, force_delete=True)
    return plain, cloud.end(deleted), cloud.has_node(made.id)


@scenario(
    "requests about a node that does not exist: they are answered by 404",
    expect=["ResourceNotFound ResourceNotFound"] * 4,
)
def _(cloud: Cloud) -> object:
    senlin = cloud.senlin
    return [
        refusal(lambda: senlin.get_node(NOBODY)),
        refusal(lambda: senlin.update_node(NOBODY, name="new")),
        refusal(lambda: senlin.check_node(NOBODY)),
        refusal(lambda: cloud.recover_node(NOBODY)),
    ]
