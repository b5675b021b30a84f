"""A release is upgraded, taken back, upgraded again, uninstalled: with objects in every state."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from deploy.image.archive import REFERENCE, image_archive
from sandbox import Sandbox
from sandbox.errors import SandboxError
from tests.chart import pages
from tests.chart.chart import RELEASE
from tests.chart.pods.release import REPOSITORY, Release, Served
from tests.chart.previous import VERSION, previous_chart
from tests.operator.tenant import Document
from tests.operator.test_cluster_policies import listed, policy
from tests.operator.test_cluster_template import inline, template
from tests.operator.test_node import in_cluster
from tests.operator.test_upgrade import KINDS, created, ids, imported

HOME = RELEASE  # its namespace
WEB = ("SenlinCluster", "web")
# Clusters that do not become Ready by themselves, and why not.
UNSETTLED = {
    "slow": "ActionRunning",
    "doomed": "ActionFailed",
    "going": "ActionFailed",
    "lame": "Degraded",
    "disputed": "PoliciesConflict",
    "waiting": "ReferenceMissing",
    "refused": "ReferenceNotReady",
}
NEW = {"remediation": {"checkInterval": "1h"}}  # a field that the release before does not know
TRIED_AGAIN = ("doomed", "going")
BAD_REQUEST = 400  # what Senlin answers to the profile that it refuses


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A tenant whom the previous release serves."""
    with Sandbox.up(audit=True, pods=True) as sandbox, sandbox.inside():
        sandbox.import_image(image_archive())
        sandbox.tag_image(REFERENCE, f"{REPOSITORY}:{VERSION}")
        for namespace in (HOME, "team"):
            sandbox.kubectl("create", "namespace", namespace)
        release = Release(sandbox, HOME)
        release.install(previous_chart(tmp_path))
        yield Served(release, "team")


@pytest.mark.thorough
def test_objects_in_every_state_outlive_upgrades_and_the_way_back(served: Served) -> None:
    sandbox = served.sandbox
    in_every_state(served)
    made = ids(served)
    with pytest.raises(SandboxError, match="unknown field"):
        served.apply(cluster(served, "kept", **NEW))

    with unharmed(served), pages.running(sandbox, "upgrade.md", "Upgrading"):
        served.eventually(lambda: "READY" in served.kubectl("get", "scl"), "served as new")
        served.kubectl("scale", "senlincluster/web", "--replicas=4")
    served.release.test()
    served.apply(cluster(served, "kept", **NEW))
    served.ready(name="kept")

    with unharmed(served), pages.running(sandbox, "upgrade.md", "Going back"):
        served.kubectl("scale", "senlincluster/web", "--replicas=5")
    assert "remediation" not in resource_of(served, "kept")

    with unharmed(served), pages.running(sandbox, "upgrade.md", "Upgrading"):
        served.kubectl("scale", "senlincluster/web", "--replicas=4")
    assert "remediation" in resource_of(served, "kept")  # nobody has written it in the meantime

    put_right(served)
    gone = {(kind, name) for kind, name in made if name.startswith(("going", "refused"))}
    for kind, name in made.keys() - gone:
        served.ready(kind, name, seconds=60)
    for kind, name in gone:
        served.gone(kind, name)
    doomed = served.get("SenlinCluster", "doomed") or {}
    assert doomed["status"]["lastHandledReconcileAt"] == "now"
    served.eventually(lambda: "kept-" in served.kubectl("get", "senlinnodes"), "mirrored")
    now = ids(served)
    assert {key: id_ for key, id_ in made.items() if key in now and id_}.items() <= now.items()
    assert all(created(served, id_) == 1 for (kind, _), id_ in now.items() if kind in KINDS[2:])

    leave_openstack_as_it_is(served)


def leave_openstack_as_it_is(served: Served) -> None:
    """Uninstall the release, and free all namespaces, but delete nothing in Senlin."""
    sandbox, before = served.sandbox, ids(served)
    pages.run(sandbox, "uninstall.md", "Leave OpenStack as it is")
    pages.run(sandbox, "uninstall.md", "2. The operator")
    sandbox.kubectl("delete", "namespace", "team", HOME, "--timeout=60s")

    listed = (served.senlin.profiles, served.senlin.policies)
    left = [*served.senlin.clusters(), *served.senlin.nodes()]
    left += [it for list_ in listed for it in list_()]
    assert {it.id for it in left} >= set(before.values())


def in_every_state(served: Served) -> None:
    """Make objects, and bring some where they do not stay by themselves."""
    nova = served.sandbox.nova
    refused = {"profile": template(served, networks=None), "profileRef": None}  # by the newer rules
    documents = [
        served.node("single"),
        served.node("member", **in_cluster("web")),
        served.cluster(),
        inline(served) | {"metadata": {"name": "inline"}},
        served.cluster("refused", **refused),
        served.cluster("waiting", profileRef={"name": "later"}),
        served.cluster("disputed", desiredCapacity=1, policies=listed("one", "other")),
        *(cluster(served, name) for name in ("kept", "paused", "lame", "going")),
    ]
    served.apply(served.secret(), served.profile(), served.profile("refused", networks=None))
    served.apply(policy("one", criteria="RANDOM"), policy("other", criteria="OLDEST_FIRST"))
    served.apply(*documents)
    for name in ("web", "inline", "kept", "paused", "lame", "going"):
        served.ready(name=name, seconds=60)
    for name in ("single", "member"):
        served.ready("SenlinNode", name)
    served.waits_for("Rejected", "SenlinProfile", "refused")

    served.apply(imported(served, ids(served)["SenlinProfile", "web-server"]))
    served.ready("SenlinProfile", "imported")
    served.kubectl("annotate", "senlincluster/paused", "senlin.openstack.org/paused=true")
    served.kubectl("scale", "senlincluster/paused", "--replicas=2")
    nova.vanish("lame-*")
    served.senlin.check_cluster(ids(served)["SenlinCluster", "lame"])
    nova.refuse_deletion("going-*")
    served.delete("senlincluster/going")
    nova.fail_builds("doomed-*")
    nova.slow_builds(600, "slow-*")
    served.apply(cluster(served, "doomed"), cluster(served, "slow"))
    for name, reason in UNSETTLED.items():
        served.waits_for(reason, name=name)


def put_right(served: Served) -> None:
    """Take away what keeps objects from being as they should be."""
    served.apply(served.profile("later"))
    served.delete("senlinprofile/refused", "senlincluster/refused")
    served.edit("SenlinCluster", "disputed", policies=listed("one"))
    served.edit("SenlinCluster", "lame", remediation={"mode": "Recover"})
    served.edit("SenlinCluster", "kept", members="Mirror")
    served.kubectl("annotate", "senlincluster/paused", "senlin.openstack.org/paused-")
    served.sandbox.nova.lift()  # at the end: a retry may delete `going` by itself from now on
    now = "senlin.openstack.org/reconcile-requested-at=now"
    served.kubectl("annotate", "senlincluster/doomed", "senlincluster/going", now)


@contextmanager
def unharmed(served: Served) -> Iterator[None]:
    """Let the pods be replaced, and web be resized once, but nothing else happen to anything."""
    release, senlin = served.release, served.sandbox.senlin
    old, before, made = release.pods(), generations(served), ids(served)
    senlin.clear()
    yield
    release.gone(old)
    served.ready()
    assert generations(served) == before | {WEB: before[WEB] + 1}
    assert ids(served) == made
    again = {made["SenlinCluster", name] for name in TRIED_AGAIN}
    sent = [it for it in senlin.requests(caller="senlin-operator") if it.method != "GET"]
    taken = [it.path for it in sent if it.status != BAD_REQUEST]
    assert [path for path in taken if not again & set(path.split("/"))] == [
        f"/v1/clusters/{made[WEB]}/actions"
    ]
    unseen = [
        it["metadata"]["name"]
        for kind in KINDS
        for it in served.all_of(kind)
        if it["status"]["observedGeneration"] != it["metadata"]["generation"]
    ]
    assert unseen == ["paused"]


def generations(served: Served) -> dict[tuple[str, str], int]:
    return {
        (kind, it["metadata"]["name"]): it["metadata"]["generation"]
        for kind in KINDS
        for it in served.all_of(kind)
    }


def resource_of(served: Served, name: str) -> Document:
    found = served.get("SenlinCluster", name) or {}
    resource: Document = found["spec"]["resource"]
    return resource


def cluster(served: Served, name: str, **changes: Any) -> Document:
    """Return the manifest of a cluster of one server, whose name begins with the cluster's."""
    names = {"nodeNameFormat": f"{name}-$8R"}
    return served.cluster(name, desiredCapacity=1, config=names, **changes)
