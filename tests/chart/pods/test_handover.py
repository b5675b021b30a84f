"""Work is handed from pod to pod without a gap, and no two pods act at once."""

from datetime import datetime, timedelta
from itertools import cycle, groupby, pairwise
from typing import Any

import pytest

from sandbox import Sandbox
from senlin_operator.leader import Shard
from tests.chart.chart import RELEASE
from tests.chart.pods.release import OWN, Release, Served, watched
from tests.conftest import a_namespace
from tests.operator.tenant import GROUP, VERSION, Document, condition
from tests.operator.test_upgrade import created

AT_ONCE = timedelta(seconds=3)


def test_a_leader_that_is_deleted_hands_over(served: Served) -> None:
    release = served.release
    served.quickstart()
    [leads] = release.leaders().values()

    with watched(release.sandbox, release.leases) as leases:
        home = f"--namespace={release.namespace}"
        release.sandbox.kubectl("delete", "pod", leads, home)
        served.kubectl("scale", "senlincluster/web", "--replicas=2")
        served.ready()

    [without_leader] = vacancies(leases)
    assert without_leader < AT_ONCE


def test_a_restart_does_not_disturb_a_resize(served: Served) -> None:
    release = served.release
    cluster = served.quickstart()
    old = release.pods()
    sizes = []
    clusters = f"/apis/{GROUP}/{VERSION}/namespaces/{served.namespace}/senlinclusters"

    with (
        watched(release.sandbox, release.leases) as leases,
        watched(release.sandbox, clusters) as states,
    ):
        home = f"--namespace={release.namespace}"
        release.sandbox.kubectl("rollout", "restart", f"deployment/{RELEASE}", home)
        for size in cycle((4, 5)):
            served.kubectl("scale", "senlincluster/web", f"--replicas={size}")
            served.ready()
            sizes.append(size)
            if not old.keys() & release.pods().keys():
                break

    assert all(gap < AT_ONCE for gap in vacancies(leases))
    assert release.leaders().keys() == {RELEASE}
    assert not old.keys() & set(release.leaders().values())
    assert {condition(it, "Ready")["reason"] for it in states} == {"Ready", "ActionRunning"}
    assert len(orders(served, cluster)) == len(sizes)


def test_a_pod_that_has_only_just_started_ends_at_once(served: Served) -> None:
    release = served.release
    home = f"--namespace={release.namespace}"
    old = release.pods()
    release.sandbox.kubectl("scale", f"deployment/{RELEASE}", "--replicas=3", home)
    served.eventually(lambda: len(started(release)) == 3, "started")

    [young] = started(release) - old.keys()

    # Far less than the 30 seconds after which it would be killed.
    release.sandbox.kubectl("delete", "pod", young, home, "--timeout=15s")


def started(release: Release) -> set[str]:
    """Return the pods whose container runs, whether ready or not."""
    return {
        name
        for name, pod in release.pods().items()
        if any("running" in it["state"] for it in pod["status"].get("containerStatuses", ()))
    }


@pytest.mark.thorough
def test_shards_come_and_go_while_senlin_is_at_work(release: Release, several: list[str]) -> None:
    sandbox = release.sandbox
    values: dict[str, Any] = {**OWN, "watchNamespaces": several, "replicas": 1}
    release.install(**values)
    teams = [Served(release, namespace) for namespace in several]
    clusters = [team.quickstart() for team in teams]

    for size, shards in ((4, 2), (5, 1)):
        for team in teams:
            sandbox.nova.slow_builds(600, team.nodes_named())
            team.kubectl("scale", "senlincluster/web", f"--replicas={size}")
            team.waits_for("ActionRunning")
        with watched(sandbox, release.leases) as leases:
            old = release.pods()
            release.install(**values, shards=shards)
            release.gone(old)
            for team in teams:
                sandbox.nova.lift(team.nodes_named())
                team.ready()
        assert never_two_numbers_of_shards(leases)
        release.test()

    for team, cluster in zip(teams, clusters, strict=True):
        assert created(team, cluster["status"]["id"]) == 1
        assert len(orders(team, cluster)) == 2
        writers = authors(team)
        assert len(writers) == len(set(writers)) == 3  # each has stopped when the next one begins


@pytest.fixture
def several(sandbox: Sandbox, release: Release) -> list[str]:
    """Namespaces, of which each of two shards has at least one; the first is the release's own."""
    namespaces = [release.namespace]
    while len({Shard(0, 2).has(it) for it in namespaces}) < 2 or len(namespaces) < 3:
        namespaces.append(a_namespace(sandbox))
    return namespaces


def never_two_numbers_of_shards(leases: list[Document]) -> bool:
    """Return whether Leases of one number of shards alone were held at any time."""
    held: dict[str, str] = {}
    for lease in leases:
        held[lease["metadata"]["name"]] = lease["spec"]["holderIdentity"]
        if len({name.partition("-of-")[2] for name, holder in held.items() if holder}) > 1:
            return False
    return True


def authors(served: Served) -> list[str]:
    """Return the pods that wrote in the namespace, one after the other."""
    account = f"system:serviceaccount:{served.release.namespace}:{RELEASE}"
    pods = [
        entry["user"]["extra"]["authentication.kubernetes.io/pod-name"][0]
        for entry in served.sandbox.audit(user=account, namespace=served.namespace)
        if entry["verb"] in ("create", "patch", "delete")
        and entry["objectRef"]["resource"] != "leases"
    ]
    return [pod for pod, _ in groupby(pods)]


def vacancies(leases: list[Document]) -> list[timedelta]:
    """Return how long nobody led, at each change of the leader, by the times in the Lease."""
    specs = [lease["spec"] for lease in leases]
    return [
        _time(after["acquireTime"]) - _time(before["renewTime"])
        for before, after in pairwise(specs)
        if after["holderIdentity"] not in ("", before["holderIdentity"])
    ]


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def orders(served: Served, cluster: Document) -> list[Any]:
    """Return the requests that started an action on the cluster."""
    path = f"^/v1/clusters/{cluster['status']['id']}/actions$"
    return served.sandbox.senlin.requests(method="POST", path=path)
