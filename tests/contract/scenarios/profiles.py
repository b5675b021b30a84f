"""Profiles."""

from tests.contract.cloud import NOBODY, Cloud, message, refusal
from tests.contract.scenario import scenario


@scenario(
    "name and metadata of a profile are changed: metadata is replaced whole",
    expect=(True, {"b": "2"}, {"b": "2"}),
)
def _(cloud: Cloud) -> object:
    profile = cloud.profile()
    cloud.senlin.update_profile(profile, metadata={"a": "1"})
    new = f"{cloud.name}-new"
    reply = cloud.senlin.update_profile(profile, name=new, metadata={"b": "2"})
    listed = next(it for it in cloud.senlin.profiles() if it.id == profile)
    return reply.name == listed.name == new, reply.metadata, listed.metadata


@scenario(
    "an update of a profile that changes nothing: it is refused",
    expect="BadRequest BadRequest",
)
def _(cloud: Cloud) -> object:
    profile = cloud.profile()
    return refusal(lambda: cloud.senlin.update_profile(profile, name=cloud.name))


@scenario(
    "a second profile of a name: it is made, names are not unique",
    expect=2,
)
def _(cloud: Cloud) -> object:
    made = {cloud.profile(), cloud.profile()}
    return sum(it.id in made for it in cloud.senlin.profiles())


@scenario(
    "the schema of servers: it says what an update can reach",
    expect=["flavor", "image", "metadata", "name", "networks"],
)
def _(cloud: Cloud) -> object:
    schema = cloud.senlin.get_profile_type("os.nova.server-1.0").schema or {}
    return sorted(name for name, it in schema.items() if it["updatable"])


@scenario(
    "a profile of a type that does not exist: it is refused by 404, with a text of its own",
    expect=("ResourceNotFound ResourceNotFound", "The profile_type "),
    cites=("unknown type 404",),
)
def _(cloud: Cloud) -> object:
    spec = {"type": "os.nova.luck", "version": "1.0", "properties": {}}
    send = lambda: cloud.senlin.create_profile(name=cloud.name, spec=spec, metadata={})  # noqa: E731
    return refusal(send), message(send)[: len("The profile_type ")]


@scenario(
    "a profile that a cluster or a node has: it cannot be deleted until they are",
    expect=(["Conflict ResourceInUse"] * 2, None, False),
)
def _(cloud: Cloud) -> object:
    profile = cloud.profile()
    cluster, node = cloud.cluster(0, profile_id=profile), cloud.node(profile_id=profile)
    refused = [refusal(lambda: cloud.senlin.delete_profile(profile))]
    cloud.end(cloud.senlin.delete_cluster(cluster))
    refused.append(refusal(lambda: cloud.senlin.delete_profile(profile)))
    cloud.end(cloud.senlin.delete_node(node))
    deleted = cloud.senlin.delete_profile(profile)  # type: ignore[func-returns-value]
    return refused, deleted, profile in {it.id for it in cloud.senlin.profiles()}


@scenario(
    "a profile that does not exist is changed or deleted: 404, and the client is silent",
    expect=("ResourceNotFound ResourceNotFound", None),
)
def _(cloud: Cloud) -> object:
    missing = refusal(lambda: cloud.senlin.update_profile(NOBODY, name="new"))
    return missing, cloud.senlin.delete_profile(NOBODY)  # type: ignore[func-returns-value]
