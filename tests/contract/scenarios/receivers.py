"""Receivers: their URLs, their changes, and their end with their cluster."""

from typing import Any

from openstack_clustering import Receiver
from tests.contract.cloud import NOBODY, Cloud, message, refusal
from tests.contract.scenario import scenario

PARAMS = {"count": 2, "text": "2", "deep": {"list": [1, True, None]}}


def webhook(cloud: Cloud, cluster: str, **fields: Any) -> Receiver:
    """Make a webhook as the operator does."""
    asked = {"type": "webhook", "action": "CLUSTER_SCALE_OUT", "cluster_id": cluster, **fields}
    return cloud.senlin.create_receiver(name=f"{cloud.name}.uid", **asked)


def listed(cloud: Cloud, id_: str) -> Receiver | None:
    """Return a receiver as Senlin lists it; None: it does not."""
    return next((it for it in cloud.senlin.receivers() if it.id == id_), None)


@scenario(
    "a webhook is made: its URL has its id, in the reply and in lists, and nothing else is told",
    expect=(True, True, ["alarm_url"]),
)
def _(cloud: Cloud) -> object:
    made = webhook(cloud, cloud.cluster(0))
    shown = listed(cloud, made.id)
    assert shown
    url = made.channel["alarm_url"]
    has_id = url.endswith(f"/v1/webhooks/{made.id}/trigger?V=2")
    return has_id, shown.channel == made.channel, sorted(shown.channel)


@scenario(
    "a webhook with inputs: they are stored as they were sent",
    expect=(PARAMS, PARAMS),
)
def _(cloud: Cloud) -> object:
    made = webhook(cloud, cloud.cluster(0), params=PARAMS)
    shown = listed(cloud, made.id)
    return made.params, shown and shown.params


@scenario(
    "a webhook without inputs: they are an empty map",
    expect=({}, {}),
)
def _(cloud: Cloud) -> object:
    made = webhook(cloud, cloud.cluster(0))
    shown = listed(cloud, made.id)
    return made.params, shown and shown.params


@scenario(
    "a receiver is changed: all three fields are, and its inputs may be taken away",
    expect=(".new", "CLUSTER_SCALE_IN", {}),
)
def _(cloud: Cloud) -> object:
    made = webhook(cloud, cloud.cluster(0), params=PARAMS)
    cloud.senlin.update_receiver(
        made.id, name=f"{cloud.name}.new", action="CLUSTER_SCALE_IN", params={}
    )
    shown = listed(cloud, made.id)
    assert shown
    return shown.name.removeprefix(cloud.name), shown.action, shown.params


@scenario(
    "a receiver is changed: created_at is another, and its URL stays",
    expect=(True, True),
    cites=("created_at every update",),
)
def _(cloud: Cloud) -> object:
    made = webhook(cloud, cloud.cluster(0))

    def changed() -> bool:  # the times have whole seconds
        count = len((listed(cloud, made.id) or made).params)
        params = {str(number): "1" for number in range(count + 1)}
        cloud.senlin.update_receiver(made.id, params=params)
        shown = listed(cloud, made.id)
        return shown is not None and shown.created_at != first

    shown = listed(cloud, made.id)
    assert shown
    first = shown.created_at
    cloud.until(changed)
    after = listed(cloud, made.id)
    return after is not None and after.created_at != first, after and after.channel == made.channel


@scenario(
    "a receiver is changed to what it is: it is refused by 400",
    expect="BadRequest BadRequest",
)
def _(cloud: Cloud) -> object:
    made = webhook(cloud, cloud.cluster(0))
    return refusal(lambda: cloud.senlin.update_receiver(made.id, action="CLUSTER_SCALE_OUT"))


@scenario(
    "a receiver that does not exist is changed: it is refused by 404, and deleted without a word",
    expect=("ResourceNotFound ResourceNotFound", "accepted"),
)
def _(cloud: Cloud) -> object:
    senlin = cloud.senlin
    return (
        refusal(lambda: senlin.update_receiver(NOBODY, action="CLUSTER_SCALE_IN")),
        refusal(lambda: senlin.delete_receiver(NOBODY)),
    )


@scenario(
    "a webhook for a cluster that does not exist: it is refused by 400",
    expect=(
        "BadRequest BadRequest",
        f"The referenced cluster '{NOBODY}' could not be found.",
    ),
)
def _(cloud: Cloud) -> object:
    return (
        refusal(lambda: webhook(cloud, NOBODY)),
        message(lambda: webhook(cloud, NOBODY)),
    )


@scenario(
    "a second receiver of a name: it is made, names are not unique",
    expect=2,
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(0)
    for _ in range(2):
        webhook(cloud, cluster)
    return sum(it.cluster_id == cluster for it in cloud.senlin.receivers())


@scenario(
    "a cluster is deleted: its receivers are deleted with it",
    expect=("SUCCEEDED", None),
    cites=("deletes its receivers with it",),
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(1)
    made = webhook(cloud, cluster)
    return cloud.end(cloud.senlin.delete_cluster(cluster)), listed(cloud, made.id)


@scenario(
    "a cluster is deleted while its server is not built: its receivers are gone at once",
    expect=None,
)
def _(cloud: Cloud) -> object:
    cluster = cloud.cluster(1)
    made = webhook(cloud, cluster)
    started = cloud.senlin.delete_cluster(cluster)
    cloud.until(lambda: listed(cloud, made.id) is None)
    gone = listed(cloud, made.id)
    cloud.end(started)
    return gone


@scenario(
    "a message receiver without Zaqar: it is refused by 500, and listing needs no Zaqar",
    expect=("ServerError", True),
)
def _(cloud: Cloud) -> object:
    name = f"{cloud.name}.uid"
    answer = refusal(lambda: cloud.senlin.create_receiver(name=name, type="message"))
    names = [it.name for it in cloud.senlin.receivers()]
    return answer.partition(" ")[0], name not in names
