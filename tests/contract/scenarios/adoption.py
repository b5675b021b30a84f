"""Servers that Senlin did not make, and takes over."""

from typing import Any

from openstack_clustering import Node
from tests.contract.cloud import NOBODY, Cloud, message, refusal
from tests.contract.scenario import scenario

TYPE = "os.nova.server-1.0"


def adopt(cloud: Cloud, server: str, **overrides: object) -> Node:
    """Have Senlin adopt a server, with all that the operator says of it."""
    name, metadata = f"{cloud.name}-node", {"owner": "me"}
    return cloud.senlin.adopt_node(
        identity=server,
        type=TYPE,
        overrides=overrides,
        snapshot=False,
        name=name,
        metadata=metadata,
    )


def preview(cloud: Cloud, server: str, **overrides: object) -> dict[str, Any]:
    """Return the properties that Senlin would make a profile of."""
    shown = cloud.senlin.adopt_node(
        preview=True, identity=server, type=TYPE, overrides=overrides, snapshot=False
    )
    return dict(shown["node_profile"]["node_preview"]["properties"])


@scenario(
    "a server is adopted: a node has it at once, with the metadata, and in no cluster",
    expect=("ACTIVE", True, {"owner": "me"}, "", True),
)
def _(cloud: Cloud) -> object:
    server = cloud.boot(key_name="default")
    made = adopt(cloud, server)
    observed = cloud.read_node(made.id)
    same = observed.physical_id == server
    return observed.status, same, observed.metadata, observed.cluster_id, cloud.has_server(server)


@scenario(
    "a server is adopted: its profile is called prof- and the node's name, and has no metadata",
    expect=(True, {}),
)
def _(cloud: Cloud) -> object:
    made = adopt(cloud, cloud.boot(key_name="default"))
    profile = next(it for it in cloud.senlin.profiles() if it.id == made.profile_id)
    return profile.name == f"prof-{made.name}", profile.metadata or {}


@scenario(
    "a server is adopted that a node has already: there are two nodes of it",
    expect=2,
)
def _(cloud: Cloud) -> object:
    server = cloud.boot(key_name="default")
    for _ in range(2):
        adopt(cloud, server)
    return sum(it.physical_id == server for it in cloud.senlin.nodes())


@scenario(
    "one of two nodes of a server is deleted: the server is deleted, and the other stays ACTIVE",
    expect=("SUCCEEDED", False, "ACTIVE"),
)
def _(cloud: Cloud) -> object:
    server = cloud.boot(key_name="default")
    one, other = (adopt(cloud, server).id for _ in range(2))
    status = cloud.end(cloud.senlin.delete_node(one))
    return status, cloud.has_server(server), cloud.read_node(other).status


@scenario(
    "an adopted node is deleted: its server is deleted, and its profile stays",
    expect=("SUCCEEDED", False, True),
)
def _(cloud: Cloud) -> object:
    server = cloud.boot(key_name="default")
    made = adopt(cloud, server)
    status = cloud.end(cloud.senlin.delete_node(made.id))
    kept = made.profile_id in {it.id for it in cloud.senlin.profiles()}
    return status, cloud.has_server(server), kept


@scenario(
    "a server is to be adopted that does not exist: the preview answers 500, with a text of 404",
    expect=("ServerError ProfileOperationFailed", "404"),
    cites=("500 no such server",),
)
def _(cloud: Cloud) -> object:
    send = lambda: preview(cloud, NOBODY)  # noqa: E731
    return refusal(send), message(send)[:3]


@scenario(
    "a server without a key is previewed: the property is null, unless it is overridden",
    expect=(None, "default"),
    cites=("no profile empty property",),
)
def _(cloud: Cloud) -> object:
    server = cloud.boot()
    return preview(cloud, server)["key_name"], preview(cloud, server, key_name="default")[
        "key_name"
    ]


@scenario(
    "a server without a key is adopted: it is refused, as no profile has an empty property",
    expect="BadRequest InvalidSpec",
    cites=("no profile empty property",),
)
def _(cloud: Cloud) -> object:
    server = cloud.boot()
    return refusal(lambda: adopt(cloud, server))
