"""A SenlinReceiver from manifest to Secret: no id in the status, and nothing made twice or lost."""

import asyncio
import json

import pytest

from openstack_clustering import Receiver
from openstack_clustering.exceptions import ConnectFailure, ResourceNotFound
from senlin_operator.kube.objects import SECRET, Key, Owner, Resource
from senlin_operator.model.ownership import with_suffix
from tests.unit.operator.builders import (
    DELETING,
    WITH_FINALIZER,
    a_receiver,
    a_receiver_manifest,
    an_owner,
)
from tests.unit.operator.environment import SMALL, WEB, Environment, LastRequest, replace_process

GROW = Key("SenlinReceiver", "team", "grow")
CHANNEL = Key(SECRET, "team", "grow")
NAME = with_suffix("grow", an_owner("grow-uid", GROW))
MANIFEST = a_receiver_manifest(uid="grow-uid")


def receivers(env: Environment) -> list[Receiver]:
    return list(env.senlin.poll().all(Receiver).values())


@pytest.fixture
async def grown(ready_env: Environment) -> Environment:
    """An environment with a cluster and a receiver that are Ready."""
    ready_env.kube.apply(MANIFEST)
    await ready_env.converge()
    assert ready_env.reason(GROW) == "Ready"
    assert ready_env.requests() == ["create_receiver"]
    return ready_env


async def test_a_receiver_from_manifest_to_ready(ready_env: Environment) -> None:
    ready_env.writes()
    ready_env.kube.apply(MANIFEST)

    await ready_env.converge()

    [made] = receivers(ready_env)
    assert ready_env.writes() == [
        ("add finalizer", "grow"),
        ("dependent", "grow"),
        ("status", "grow"),
    ]
    status = ready_env.kube[GROW]["status"]
    assert "id" not in status
    assert status["resource"]["secretName"] == "grow"
    assert made.id not in json.dumps(ready_env.kube[GROW])
    secret = Resource(SECRET, ready_env.kube[CHANNEL])
    assert secret.controller == Owner("SenlinReceiver", "team", "grow-uid")
    assert list(secret.raw["data"]) == ["url"]
    assert secret.annotations == {}


async def test_a_settled_receiver_costs_no_request_and_no_write(grown: Environment) -> None:
    grown.writes()
    [made] = receivers(grown)
    grown.senlin.put_receiver(Receiver({**made.to_dict(), "created_at": "2027-01-01T00:00:00"}))

    await grown.converge()
    await grown.retry(GROW)

    assert grown.requests() == []
    assert grown.writes() == []


async def test_a_creation_by_a_process_that_died_is_found_by_its_name_suffix(
    ready_env: Environment,
) -> None:
    ready_env.kube.apply({**MANIFEST, "metadata": {**MANIFEST["metadata"], **WITH_FINALIZER}})
    await ready_env.converge(3)
    assert ready_env.requests() == []
    cluster = ready_env.kube[WEB]["status"]["id"]
    ready_env.senlin.put_receiver(a_receiver("r9", name=NAME, cluster_id=cluster))

    ready_env.clock.advance(15)
    await ready_env.converge(2)

    assert ready_env.reason(GROW) == "Ready"
    assert ready_env.requests() == []
    assert CHANNEL in ready_env.kube


@pytest.mark.parametrize("last", LastRequest)
@pytest.mark.parametrize("requests", range(1, 7))
async def test_death_at_any_request_leaves_one_receiver(
    ready_env: Environment, requests: int, last: LastRequest
) -> None:
    ready_env.crash_point.requests_left = requests
    ready_env.crash_point.last_request = last
    ready_env.kube.apply(MANIFEST)
    await ready_env.converge(3)

    await replace_process(ready_env)
    running = asyncio.create_task(ready_env.controller.run())
    for _ in range(20):
        ready_env.clock.advance(2)
        await ready_env.converge(1)

    assert ready_env.reason(GROW) == "Ready"
    assert len(receivers(ready_env)) == 1
    assert CHANNEL in ready_env.kube
    running.cancel()


async def test_after_a_restart_its_marker_identifies_it(grown: Environment) -> None:
    before = receivers(grown)

    await replace_process(grown)
    running = asyncio.create_task(grown.controller.run())
    grown.clock.advance(15)
    await grown.converge()

    assert receivers(grown) == before
    assert grown.requests() == []
    running.cancel()


async def test_a_duplicate_that_appears_later_is_deleted(grown: Environment) -> None:
    """Such as one whose creation took so long that another was sent."""
    [made] = receivers(grown)
    grown.senlin.put_receiver(Receiver({**made.to_dict(), "id": "a-late-one"}))

    await grown.converge()

    assert [it.id for it in receivers(grown)] == [made.id]


async def test_a_lost_reply_leads_to_no_second_receiver(ready_env: Environment) -> None:
    ready_env.senlin.lose_reply = True
    ready_env.kube.apply(MANIFEST)
    for _ in range(10):
        await ready_env.converge(1)
        ready_env.clock.advance(3)

    assert ready_env.reason(GROW) == "Ready"
    assert ready_env.requests().count("create_receiver") == 1


async def test_another_receiver_has_another_url_and_its_time(grown: Environment) -> None:
    old = grown.kube[CHANNEL]["data"]
    [made] = receivers(grown)
    grown.senlin.delete_receiver(made.id)

    await grown.converge()

    secret = Resource(SECRET, grown.kube[CHANNEL])
    assert secret.raw["data"] != old
    assert list(secret.annotations) == ["senlin.openstack.org/url-changed-at"]
    grown.writes()
    await grown.retry(GROW)
    assert grown.writes() == []


async def test_a_deleted_secret_is_put_back(grown: Environment) -> None:
    before = grown.kube[CHANNEL]["data"]

    grown.kube.remove(CHANNEL)
    await grown.until_idle()

    secret = Resource(SECRET, grown.kube[CHANNEL])
    assert secret.raw["data"] == before
    assert secret.annotations == {}


@pytest.mark.parametrize(
    ("changes", "dated"),
    [({"url": "Y2hhbmdlZA=="}, True), ({"more": "bW9yZQ=="}, False)],
    ids=["its URL: dated", "a key more: not dated"],
)
async def test_an_edited_secret_is_put_back(
    grown: Environment, changes: dict[str, str], dated: bool
) -> None:
    before = grown.kube[CHANNEL]

    grown.kube.apply({**before, "kind": SECRET, "data": {**before["data"], **changes}})
    await grown.until_idle()

    secret = Resource(SECRET, grown.kube[CHANNEL])
    assert secret.raw["data"] == before["data"]
    assert bool(secret.annotations) == dated


async def test_a_secret_of_others_stops_the_creation(ready_env: Environment) -> None:
    theirs = {"metadata": {"namespace": "team", "name": "grow", "uid": "theirs"}, "data": {}}
    ready_env.kube.apply(theirs)
    ready_env.kube.apply(MANIFEST)
    await ready_env.converge()

    assert ready_env.reason(GROW) == "NameTaken"
    assert receivers(ready_env) == []
    ready_env.kube.remove(CHANNEL)
    await ready_env.retry(GROW, after=30)
    await ready_env.converge()
    assert ready_env.reason(GROW) == "Ready"


async def test_a_secret_that_no_watch_shows_is_not_changed(ready_env: Environment) -> None:
    """One of another type. Its name shows as taken when the receiver exists already."""
    ready_env.kube.hidden.add(CHANNEL)
    ready_env.kube.apply(MANIFEST)
    await ready_env.converge()

    assert ready_env.reason(GROW) == "NameTaken"
    ready_env.kube.hidden.clear()
    await ready_env.retry(GROW, after=30)
    await ready_env.converge()
    assert ready_env.reason(GROW) == "Ready"
    assert ready_env.requests() == ["create_receiver"]


async def test_a_cluster_that_vanishes_takes_its_receiver_along(grown: Environment) -> None:
    [old] = receivers(grown)
    grown.recorder.events.clear()

    grown.senlin.vanish(grown.kube[WEB]["status"]["id"])
    grown.senlin.slow = True
    await grown.converge()
    grown.senlin.finish()
    grown.clock.advance(6)
    await grown.retry(GROW)
    await grown.converge()

    [made] = receivers(grown)
    assert made.id != old.id
    assert made.cluster_id == grown.kube[WEB]["status"]["id"] != old.cluster_id
    assert (grown.reason(WEB), grown.reason(GROW)) == ("Ready", "Ready")
    assert grown.requests() == ["create_cluster", "create_receiver"]
    assert [event for event in grown.recorder.events if event[0] == "Warning"] == []


async def test_several_receivers_that_vanish_with_their_cluster_need_no_person(
    grown: Environment,
) -> None:
    for name in ("a", "b", "c"):
        grown.kube.apply(a_receiver_manifest(name, uid=f"{name}-uid"))
    await grown.converge()
    assert len(receivers(grown)) == 4

    grown.senlin.vanish(grown.kube[WEB]["status"]["id"])
    await grown.converge()
    for name in ("grow", "a", "b", "c"):
        await grown.retry(Key("SenlinReceiver", "team", name), after=6)
    await grown.converge()

    assert len(receivers(grown)) == 4
    assert grown.reason(GROW) == "Ready"


@pytest.mark.parametrize("restarted", [False, True])
async def test_in_an_emptied_project_no_receiver_is_made(
    grown: Environment, restarted: bool
) -> None:
    grown.senlin.vanish(grown.kube[WEB]["status"]["id"])
    grown.senlin.delete_profile(grown.kube[SMALL]["status"]["id"])
    grown.requests()
    running: list[asyncio.Task[None]] = []
    if restarted:
        await replace_process(grown)
        running.append(asyncio.create_task(grown.controller.run()))
        grown.clock.advance(15)

    await grown.converge()
    await grown.retry(GROW, after=310)
    await grown.converge()

    assert grown.reason(GROW) == "ProjectEmptied"
    assert grown.requests() == []
    for task in running:
        task.cancel()


async def test_a_snapshot_without_receivers_proves_no_absence(ready_env: Environment) -> None:
    """They are listed only once a SenlinReceiver uses the credential."""
    inventory = ready_env.session.inventory
    all_kinds = inventory.kinds
    cluster = ready_env.kube[WEB]["status"]["id"]
    ready_env.senlin.put_receiver(a_receiver("r9", name=NAME, cluster_id=cluster))
    inventory.kinds = [kind for kind in all_kinds if not kind.on_demand]
    await ready_env.poll()

    ready_env.kube.apply(MANIFEST)
    await ready_env.until_idle()
    assert ready_env.requests() == []
    inventory.kinds = all_kinds
    await ready_env.converge()

    assert ready_env.reason(GROW) == "Ready"
    assert ready_env.requests() == []
    assert [it.id for it in receivers(ready_env)] == ["r9"]


async def test_a_receiver_of_another_cluster_is_replaced(grown: Environment) -> None:
    [made] = receivers(grown)
    grown.senlin.put_receiver(Receiver({**made.to_dict(), "cluster_id": "another"}))

    await grown.converge()

    [now] = receivers(grown)
    assert now.cluster_id == made.cluster_id
    assert grown.requests() == ["delete_receiver", "create_receiver"]
    assert grown.reason(GROW) == "Ready"


async def test_a_cluster_is_in_use_while_a_receiver_refers_to_it(grown: Environment) -> None:
    grown.kube.remove(WEB)
    await grown.converge()
    assert grown.reason(WEB) == "InUse"
    assert grown.condition(WEB)["message"] == (
        "Deletion waits while it is used by SenlinReceiver grow."
    )

    grown.kube.remove(GROW)
    await grown.converge()

    assert WEB not in grown.kube
    assert GROW not in grown.kube
    assert CHANNEL not in grown.kube
    assert receivers(grown) == []


async def test_the_deletion_of_one_whose_creation_was_lost_waits_for_it(
    ready_env: Environment,
) -> None:
    """Another process has sent it and died; it arrives late."""
    metadata = {**MANIFEST["metadata"], **DELETING}
    ready_env.kube.apply({**MANIFEST, "metadata": metadata})
    await ready_env.converge(2)
    assert GROW in ready_env.kube
    ready_env.senlin.put_receiver(a_receiver("late", "grow-uid"))

    ready_env.clock.advance(15)
    await ready_env.retry(GROW)
    await ready_env.converge()

    assert GROW not in ready_env.kube
    assert receivers(ready_env) == []


async def test_a_receiver_of_others_is_shown_by_its_name(ready_env: Environment) -> None:
    cluster = ready_env.kube[WEB]["status"]["id"]
    theirs = a_receiver("theirs", None, cluster_id=cluster)
    ready_env.senlin.put_receiver(theirs)
    raw = a_receiver_manifest(uid="shown-uid")
    raw["spec"] |= {"managementPolicy": "unmanaged", "import": {"filter": {"name": "grow"}}}
    del raw["spec"]["resource"]

    ready_env.kube.apply(raw)
    await ready_env.converge()

    assert ready_env.reason(GROW) == "Ready"
    assert "theirs" not in json.dumps(ready_env.kube[GROW])
    assert CHANNEL not in ready_env.kube
    ready_env.senlin.put_receiver(Receiver({**theirs.to_dict(), "params": {"a": 1}}))
    await ready_env.poll()
    await ready_env.retry(GROW, after=30)
    assert ready_env.kube[GROW]["status"]["resource"]["params"] == {"a": 1}

    ready_env.senlin.put_receiver(a_receiver("another", None, cluster_id=cluster))
    ready_env.senlin.delete_receiver("theirs")
    ready_env.senlin.put_receiver(a_receiver("a-third", None, cluster_id=cluster))
    await ready_env.poll()
    await ready_env.retry(GROW, after=30)
    assert ready_env.reason(GROW) == "ImportAmbiguous"
    message = ready_env.condition(GROW)["message"]
    assert message == (
        "2 objects of this kind are called grow; give one of them another name there."
    )


async def test_an_error_that_has_the_id_shows_it_nowhere(
    grown: Environment, caplog: pytest.LogCaptureFixture
) -> None:
    [made] = receivers(grown)
    for error in (
        ResourceNotFound(f"The receiver '{made.id}' could not be found."),
        ConnectFailure(f"PATCH http://senlin/v1/receivers/{made.id}: refused.", sent=False),
    ):
        grown.senlin.refusals.append(error)
        params = {"count": len(grown.recorder.events) + 1}
        grown.kube.apply(a_receiver_manifest(uid="grow-uid", resource={"params": params}))
        await grown.converge()
        await grown.retry(GROW, after=60)
        await grown.converge()

    lines = str([vars(record) for record in caplog.records])
    assert "…" in lines
    shown = f"{lines} {grown.recorder.events} {grown.kube[GROW]}"
    assert made.id not in shown
    assert made.channel["alarm_url"] not in shown
