"""Objects that say they belong to one of another namespace, by its uid, its id or its name."""

import itertools

from requests import HTTPError

from senlin_operator.model.ownership import OWNER_KEY
from tests.operator.tenant import Document, is_ready, ticks
from tests.operator.test_import import unmanaged
from tests.tenants.crowd import Crowd
from tests.tenants.hostile_cloud import Answer, HostileCloud, Request
from tests.tenants.test_hostile_floods import a_cluster, never_rest

POLLS = 7  # of the hostile cloud; each of them could wake the other's object


def a_template(crowd: Crowd) -> Document:
    """Return a cluster whose profile is a dependent of it."""
    document = crowd.good.cluster(desiredCapacity=1)
    resource = document["spec"]["resource"]
    del resource["profileRef"]
    inline = crowd.good.profile()["spec"]["resource"]
    resource["profile"] = {key: inline[key] for key in ("type", "version", "properties")}
    return document


def forged(crowd: Crowd, owner: Document) -> list[Document]:
    """Return objects that name the cluster of another namespace as their owner."""
    documents = [
        crowd.good.profile("forged"),
        crowd.good.policy("forged"),
        crowd.good.node("forged", clusterRef={"name": owner["metadata"]["name"]}),
    ]
    reference = {key: owner[key] for key in ("apiVersion", "kind")}
    reference |= {key: owner["metadata"][key] for key in ("name", "uid")}
    for document in documents:
        document["metadata"]["ownerReferences"] = [{**reference, "controller": True}]
    return documents


def test_what_names_the_owner_of_another_tenant_is_not_its_own(
    crowd: Crowd, cloud: HostileCloud
) -> None:
    """Kubernetes deletes such objects, so they are made again and again."""
    good, evil = crowd.good, crowd.hostile[0]
    good.apply(a_template(crowd))
    owner = good.ready()
    crowd.make(evil, cloud, ["openstack"])
    made = 0

    for timeout in (600, 700, 800):
        good.edit("SenlinCluster", "web", timeoutSeconds=timeout)
        for _ in ticks(good.patience):
            for document in forged(crowd, owner):
                made += created(crowd, evil, document)
            if is_ready(good.get("SenlinCluster", "web") or {}):
                break

    assert good.ready()["status"]["resource"]["timeoutSeconds"] == 800
    assert made >= 3
    deleted = [it["objectRef"]["name"] for it in crowd.writes() if it["verb"] == "delete"]
    assert deleted == []


def created(crowd: Crowd, namespace: str, document: Document) -> bool:
    try:
        crowd.create(namespace, document)
    except HTTPError as error:
        if error.response.status_code == 409:  # the one before is still there
            return False
        raise
    return True


def test_a_cloud_that_lists_the_objects_of_another_tenant_does_not_wake_them(
    crowd: Crowd, cloud: HostileCloud
) -> None:
    good, evil = crowd.good, crowd.hostile[0]
    good.apply(good.cluster(desiredCapacity=0, minSize=0))
    victim = good.ready()
    numbers = itertools.count()

    def listed(_: Request) -> Answer:
        fields = {
            "name": f"renamed-{next(numbers)}",
            "metadata": {OWNER_KEY: victim["metadata"]["uid"]},
        }
        return Answer({"clusters": [a_cluster(victim["status"]["id"], **fields)]})

    never_rest(cloud, ".*")
    cloud.does("GET", "/v1/clusters", listed)
    crowd.make(evil, cloud, ["openstack"])
    crowd.create(evil, unmanaged(good.profile("waiting"), filter={"name": "none"}))
    good.eventually(lambda: bool(crowd.readiness("SenlinProfile")), "polled")
    polls = ("GET", "/v1/clusters")  # of the hostile cloud alone
    enough, before = cloud.requests[polls] + POLLS, reconciles(crowd)

    good.eventually(lambda: cloud.requests[polls] >= enough, "polled")

    assert reconciles(crowd) - before <= 2


def reconciles(crowd: Crowd) -> float:
    """Return how often clusters have been reconciled; the good tenant alone has one."""
    lines = crowd.metrics().splitlines()
    counts = "senlin_operator_reconcile_total{"
    found = (it for it in lines if it.startswith(counts) and 'kind="SenlinCluster"' in it)
    return sum(float(it.rpartition(" ")[2]) for it in found)
