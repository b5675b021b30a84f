"""Policies, and their bindings to clusters."""

from openstack_clustering import Policy
from tests.contract.cloud import BATCH, DELETION, NOBODY, SCALING, Cloud, message, refusal
from tests.contract.scenario import scenario


def listed(cloud: Cloud, policy: str) -> Policy:
    """Return a policy as Senlin lists it."""
    return next(it for it in cloud.senlin.policies() if it.id == policy)


@scenario(
    "a policy is made and renamed: the replies show it as it is then",
    expect=[True, True, True],
)
def _(cloud: Cloud) -> object:
    policy = cloud.policy()
    new, before = f"{cloud.name}-new", listed(cloud, policy).name
    reply = cloud.senlin.update_policy(policy, name=new)
    return [before == cloud.name, reply.name == new, listed(cloud, policy).name == new]


@scenario(
    "a policy in a list: it has no metadata, which is why its name says whose it is",
    expect=True,
)
def _(cloud: Cloud) -> object:
    policy = cloud.policy()
    return "metadata" not in listed(cloud, policy).to_dict()


@scenario(
    "the time of a policy's creation: a reply ends in Z, a list has microseconds and no zone",
    expect=(20, "Z", 26, "."),
    cites=("renames policy lists",),
)
def _(cloud: Cloud) -> object:
    spec = {"type": DELETION, "version": "1.0", "properties": {}}
    made = cloud.senlin.create_policy(name=cloud.name, spec=spec)
    reply, shown = made.created_at or "", listed(cloud, made.id).created_at or ""
    return len(reply), reply[19:], len(shown), shown[19:20]


@scenario(
    "a policy with a number as its version, null, and a number without bounds: it shows them all",
    expect=[1.1, None, 1e308],
    cites=("stores number sent", "takes 1e308 null"),
)
def _(cloud: Cloud) -> object:
    shown = []
    for seconds in (None, 1e308):
        spec = {"type": DELETION, "version": 1.1, "properties": {"grace_period": seconds}}
        made = cloud.senlin.create_policy(name=cloud.name, spec=spec)
        shown.append(listed(cloud, made.id).spec)
    return [shown[0]["version"], *(it["properties"]["grace_period"] for it in shown)]


@scenario(
    "a policy is given the name that it has: it is refused",
    expect="BadRequest BadRequest",
)
def _(cloud: Cloud) -> object:
    policy = cloud.policy()
    return refusal(lambda: cloud.senlin.update_policy(policy, name=cloud.name))


@scenario(
    "a policy of a type that does not exist: it is refused by 404, with a text of its own",
    expect=("ResourceNotFound ResourceNotFound", "The policy_type "),
    cites=("unknown type 404",),
)
def _(cloud: Cloud) -> object:
    send = lambda: cloud.policy("senlin.policy.luck")  # noqa: E731
    return refusal(send), message(send)[: len("The policy_type ")]


@scenario(
    "a policy with a property that does not exist: it is refused by 500, as ESchema",
    expect="ServerError ESchema",
    cites=("ESchema properties policy",),
)
def _(cloud: Cloud) -> object:
    return refusal(lambda: cloud.policy(DELETION, luck="good"))


@scenario(
    "a policy that does not exist is changed or deleted: 404, and the client is silent",
    expect=("ResourceNotFound ResourceNotFound", None),
)
def _(cloud: Cloud) -> object:
    missing = refusal(lambda: cloud.senlin.update_policy(NOBODY, name="new"))
    return missing, cloud.senlin.delete_policy(NOBODY)  # type: ignore[func-returns-value]


@scenario(
    "a policy is attached, disabled and enabled: its binding shows it",
    expect=[[("senlin.policy.deletion-1.0", it)] for it in (True, False, True)],
)
def _(cloud: Cloud) -> object:
    cluster, policy = cloud.cluster(0), cloud.policy()
    cloud.end(cloud.attach(cluster, policy))
    observed = [cloud.bound(cluster)]
    for enabled in (False, True):
        cloud.end(cloud.switch(cluster, policy, enabled=enabled))
        observed.append(cloud.bound(cluster))
    return observed


@scenario(
    "a policy is disabled: no list of clusters shows it",
    expect=True,
)
def _(cloud: Cloud) -> object:
    cluster, policy = cloud.cluster(0), cloud.policy()
    cloud.end(cloud.attach(cluster, policy))
    before = cloud.read(cluster)
    cloud.end(cloud.switch(cluster, policy, enabled=False))
    return cloud.read(cluster) == before


@scenario(
    "the list of clusters: it names the bindings, not the policies",
    expect=(1, True),
)
def _(cloud: Cloud) -> object:
    cluster, policy = cloud.cluster(0), cloud.policy()
    cloud.end(cloud.attach(cluster, policy))
    shown = cloud.read(cluster).get("policies")
    return len(shown), shown == [it.id for it in cloud.senlin.cluster_policies(cluster)]


@scenario(
    "a policy is attached a second time, disabled: that succeeds, and changes nothing",
    expect=("SUCCEEDED", [("senlin.policy.deletion-1.0", True)]),
)
def _(cloud: Cloud) -> object:
    cluster, policy = cloud.cluster(0), cloud.policy()
    cloud.end(cloud.attach(cluster, policy))
    return cloud.end(cloud.attach(cluster, policy, enabled=False)), cloud.bound(cluster)


@scenario(
    "a second policy of a type: it is accepted, and its action fails",
    expect=("FAILED", [("senlin.policy.deletion-1.0", True)]),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(0)
    cloud.end(cloud.attach(cluster, cloud.policy()))
    return cloud.end(cloud.attach(cluster, cloud.policy())), cloud.bound(cluster)


@scenario(
    "a second policy of a type in another version: both are attached",
    expect=("SUCCEEDED", ["senlin.policy.deletion-1.0", "senlin.policy.deletion-1.1"]),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(0)
    cloud.end(cloud.attach(cluster, cloud.policy()))
    status = cloud.end(cloud.attach(cluster, cloud.policy(version="1.1")))
    return status, [type_ for type_, _ in cloud.bound(cluster)]


@scenario(
    "several scaling policies: all are attached",
    expect=(["SUCCEEDED"] * 2, 2),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(0)
    ends = [cloud.end(cloud.attach(cluster, cloud.policy(SCALING))) for _ in range(2)]
    return ends, len(cloud.bound(cluster))


@scenario(
    "a policy is detached: it can be deleted then, and not before",
    expect=("Conflict ResourceInUse", "SUCCEEDED", [], False),
)
def _(cloud: Cloud) -> object:
    cluster, policy = cloud.cluster(0), cloud.policy()
    cloud.end(cloud.attach(cluster, policy))
    before = refusal(lambda: cloud.senlin.delete_policy(policy))
    status = cloud.end(cloud.detach(cluster, policy))
    cloud.senlin.delete_policy(policy)
    return before, status, cloud.bound(cluster), policy in {it.id for it in cloud.senlin.policies()}


@scenario(
    "a policy that does not exist, or is not attached: requests about it are refused",
    expect=["BadRequest BadRequest"] * 3,
)
def _(cloud: Cloud) -> object:
    cluster, policy = cloud.cluster(0), cloud.policy(BATCH)
    return [
        refusal(lambda: cloud.attach(cluster, NOBODY)),
        refusal(lambda: cloud.detach(cluster, policy)),
        refusal(lambda: cloud.switch(cluster, policy, enabled=True)),
    ]
