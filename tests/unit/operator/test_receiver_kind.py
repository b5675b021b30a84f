"""Receivers from the manifest to Senlin's requests, and from its replies to status and Secret."""

import base64
from dataclasses import replace
from typing import Any

import pytest

from openstack_clustering import ClientException, Receiver
from openstack_clustering.exceptions import ConnectFailure, Forbidden, ResourceNotFound
from senlin_operator.cloud.snapshot import Snapshot
from senlin_operator.kinds import kinds_for
from senlin_operator.kinds.receiver import steps
from senlin_operator.kinds.receiver.desired import Desired
from senlin_operator.kinds.receiver.kind import ReceiverKind
from senlin_operator.kinds.receiver.observed import Observed, observe, observed
from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.objects import SECRET, Key, Resource
from senlin_operator.model.kind import Dependent
from senlin_operator.model.outcome import Settled, Unsupported, Waiting
from senlin_operator.model.ownership import with_suffix
from senlin_operator.model.step import Step
from tests.unit.operator.builders import (
    UID,
    a_cluster,
    a_cluster_manifest,
    a_receiver,
    a_receiver_manifest,
    a_resource,
    a_snapshot,
    an_owner,
    execute,
    ready,
)
from tests.unit.operator.fake_senlin import FakeSenlin

KIND = ReceiverKind()
WEB = Key("SenlinCluster", "team", "web")
KNOWN = {WEB: a_resource(a_cluster_manifest(status=ready("c1")))}
NAME = with_suffix("grow", an_owner())
ID = "5e2ad0a1-7c38-4c65-9a2c-0f7d8a3c1b42"
URL = f"http://senlin/v1/webhooks/{ID}/trigger?V=2"
DESIRED = Desired(
    name="grow",
    type="webhook",
    action="CLUSTER_SCALE_OUT",
    cluster_id="c1",
    repaired=False,
)
OBSERVED = Observed(
    id=ID,
    name="grow",
    type="webhook",
    action="CLUSTER_SCALE_OUT",
    cluster_id="c1",
    channel={"alarm_url": URL},
)
MESSAGE: dict[str, Any] = {"type": "message", "action": "", "cluster_id": ""}


def a_grow(fields: dict[str, Any] | None = None, **more: Any) -> Resource:
    return a_resource(a_receiver_manifest("grow", fields, **more))


def a_message() -> Resource:
    raw = a_receiver_manifest("grow")
    raw["spec"]["resource"] = {"type": "message"}
    return a_resource(raw)


@pytest.mark.parametrize(
    ("resource_fields", "fields"),
    [
        pytest.param({}, {}, id="only required fields: the resource's name"),
        pytest.param(
            {"name": "up.fast"},
            {"name": "up.fast"},
            id="another name",
        ),
        pytest.param({"action": "CLUSTER_CHECK"}, {"action": "CLUSTER_CHECK"}, id="another action"),
        pytest.param({"params": {"count": 2}}, {"params": {"count": 2}}, id="inputs"),
    ],
)
def test_desired(resource_fields: dict[str, Any], fields: dict[str, Any]) -> None:
    assert KIND.desired(a_grow(resource_fields), KNOWN) == replace(DESIRED, **fields)


def test_desired_messages_have_neither_cluster_nor_action() -> None:
    assert KIND.desired(a_message(), {}) == replace(DESIRED, **MESSAGE)


@pytest.mark.parametrize(
    ("resource", "references"),
    [
        pytest.param(a_grow(), (WEB,), id="a webhook: its cluster"),
        pytest.param(a_message(), (), id="messages: none"),
        pytest.param(
            a_grow(spec={"managementPolicy": "unmanaged", "resource": None}),
            (),
            id="unmanaged: none",
        ),
    ],
)
def test_references(resource: Resource, references: tuple[Key, ...]) -> None:
    assert KIND.references(resource) == references


@pytest.mark.parametrize(
    ("id_", "uid", "found"),
    [
        pytest.param("2", UID, ("2", ("1", "3")), id="by its id: the others are duplicates"),
        pytest.param(None, UID, ("1", ("3",)), id="by its name suffix: the first"),
        pytest.param("deleted", UID, ("1", ("3",)), id="no receiver with its id: by its suffix"),
        pytest.param("deleted", "unknown uid", None, id="absent"),
        pytest.param(None, UID.partition("-")[2], None, id="half of the suffix: absent"),
    ],
)
def test_observe_finds_the_receiver_of_an_owner(
    id_: str | None, uid: str, found: tuple[str, tuple[str, ...]] | None
) -> None:
    receivers = [a_receiver("3"), a_receiver("1"), a_receiver("2", uid=None)]

    found_ = observe(a_snapshot(receivers=receivers), id_, uid)

    assert (found_ and (found_.id, found_.duplicates)) == found


def test_another_time_of_creation_is_no_difference() -> None:
    times = [
        observe(a_snapshot(receivers=[a_receiver(created_at=time)]), None, UID)
        for time in ("2026-01-01T00:00:00Z", "2027-01-01T00:00:00.123")
    ]

    assert times[0] == times[1]


def update(summary: str, **fields: Any) -> Step:
    return steps.Update(ID, fields, summary)


@pytest.mark.parametrize(
    ("desired_fields", "observed_fields", "planned"),
    [
        pytest.param({}, {}, [], id="no difference: no step"),
        pytest.param(
            {"name": "up.uid"},
            {},
            [update("name grow → up.uid", name="up.uid")],
            id="another name: updated",
        ),
        pytest.param(
            {},
            {"name": "theirs"},
            [update("name theirs → grow", name="grow")],
            id="renamed by others: restored",
        ),
        pytest.param(
            {"action": "CLUSTER_CHECK"},
            {},
            [update("action CLUSTER_SCALE_OUT → CLUSTER_CHECK", action="CLUSTER_CHECK")],
            id="another action: updated",
        ),
        pytest.param(
            {"params": {"count": 2}},
            {"params": {"number": 1}},
            [update("params (count, number)", params={"count": 2})],
            id="other inputs: updated as a whole",
        ),
        pytest.param(
            {},
            {"params": {"count": 2}},
            [update("params (count)", params={})],
            id="inputs of others: removed",
        ),
        pytest.param(
            {"action": "CLUSTER_CHECK"},
            {"cluster_id": "c0"},
            [steps.Replace(ID, "grow")],
            id="of another cluster: replaced, and not changed before",
        ),
        pytest.param(
            {"action": "CLUSTER_CHECK"},
            {"duplicates": ("r2",)},
            [
                steps.DeleteDuplicate("r2", "grow"),
                update("action CLUSTER_SCALE_OUT → CLUSTER_CHECK", action="CLUSTER_CHECK"),
            ],
            id="duplicates: deleted first",
        ),
        pytest.param(MESSAGE, MESSAGE, [], id="messages: neither cluster nor action is compared"),
    ],
)
def test_plan(
    desired_fields: dict[str, Any], observed_fields: dict[str, Any], planned: list[Step]
) -> None:
    desired, found = replace(DESIRED, **desired_fields), replace(OBSERVED, **observed_fields)

    assert KIND.plan(desired, found) == planned


def test_an_absent_receiver_is_created() -> None:
    assert KIND.plan(DESIRED, None) == [steps.Create(DESIRED)]


def test_an_unmanaged_receiver_is_ready_and_needs_no_step() -> None:
    desired = KIND.desired_from(OBSERVED)

    assert KIND.plan(desired, OBSERVED) == []
    assert KIND.readiness(desired, OBSERVED) == Settled("Receiver grow is as it should be.")


@pytest.mark.parametrize(
    ("snapshot", "waits"),
    [
        pytest.param(a_snapshot(clusters=[a_cluster()]), False, id="the cluster exists: no"),
        pytest.param(a_snapshot(), True, id="the cluster has vanished: yes"),
        pytest.param(
            a_snapshot(clusters=[a_cluster(status="DELETING")]),
            True,
            id="the cluster is being deleted, its receivers went first: yes",
        ),
    ],
)
def test_a_creation_waits_for_the_cluster(snapshot: Snapshot, waits: bool) -> None:
    blocked = KIND.creation_blocked(DESIRED, snapshot)

    assert isinstance(blocked, Waiting) == waits
    assert blocked is None or blocked.reason == Reason.REFERENCE_NOT_READY
    assert KIND.creation_blocked(replace(DESIRED, **MESSAGE), a_snapshot()) is None


@pytest.fixture
def senlin() -> FakeSenlin:
    """Return a Senlin with a cluster and a receiver of it."""
    senlin = FakeSenlin()
    senlin.put(a_cluster())
    senlin.put_receiver(a_receiver(ID))
    return senlin


def test_a_creation_has_the_marker_and_shows_the_result_at_once(senlin: FakeSenlin) -> None:
    result = execute(senlin.proxy, steps.Create(replace(DESIRED, params={"count": 2})))

    made = next(it for it in senlin.receivers() if it.id == result.id)
    assert (made.name, made.cluster_id, made.params) == (NAME, "c1", {"count": 2})
    assert result.observed == observed(made, UID)


def test_an_update_shows_the_result_at_once(senlin: FakeSenlin) -> None:
    result = execute(senlin.proxy, update("", action="CLUSTER_CHECK"))

    assert result.observed.action == "CLUSTER_CHECK"
    assert result.observed.channel == a_receiver(ID).channel


@pytest.mark.parametrize(
    ("step", "replaced"),
    [(steps.Delete(ID, "grow"), False), (steps.Replace(ID, "grow"), True)],
)
def test_deletions(senlin: FakeSenlin, step: Step, replaced: bool) -> None:
    result = execute(senlin.proxy, step)

    assert list(senlin.receivers()) == []
    assert (result.id, result.replaced) == (ID, replaced)


def test_messages_are_refused_unless_senlin_is_repaired(senlin: FakeSenlin) -> None:
    desired = replace(DESIRED, **MESSAGE)

    with pytest.raises(Unsupported, match="answers no message: let the receiver's type be web"):
        execute(senlin.proxy, steps.Create(desired))
    assert senlin.requests == []
    with pytest.raises(ClientException, match="queue"):  # of Senlin, as there is no Zaqar
        execute(senlin.proxy, steps.Create(replace(desired, repaired=True)))


def test_a_stranger_to_the_cluster_is_told_why(senlin: FakeSenlin) -> None:
    senlin.refusals.append(Forbidden("You are not authorized."))

    with pytest.raises(Forbidden) as caught:
        execute(senlin.proxy, steps.Create(DESIRED))

    assert caught.value.message == (
        "You are not authorized. It makes a webhook only for the user who made the cluster."
    )


@pytest.mark.parametrize(
    "step",
    [update("", action="CLUSTER_CHECK"), steps.Delete(ID, "grow"), steps.Replace(ID, "grow")],
    ids=lambda step: type(step).__name__,
)
@pytest.mark.parametrize(
    "error",
    [
        ResourceNotFound(f"The receiver '{ID}' could not be found."),
        ConnectFailure(f"PATCH http://senlin/v1/receivers/{ID}: connection refused."),
    ],
)
def test_no_error_has_the_id(senlin: FakeSenlin, step: Step, error: ClientException) -> None:
    senlin.refusals.append(type(error)(error.message))

    with pytest.raises(type(error)) as caught:
        execute(senlin.proxy, step)

    assert ID not in f"{caught.value} {caught.value.message} {caught.value!r}"
    assert "…" in caught.value.message


@pytest.mark.parametrize(
    "value",
    [
        OBSERVED,
        replace(OBSERVED, duplicates=(ID,)),
        steps.Create(DESIRED),
        update("action A → B", action="B"),
        steps.Delete(ID, "grow"),
        steps.DeleteDuplicate(ID, "grow"),
        steps.Replace(ID, "grow"),
        KIND.delete(OBSERVED, force=False),
        execute(FakeSenlin().proxy, steps.Delete(ID, "grow")),
        a_receiver(ID),
        *KIND.dependents.desired(a_grow(), OBSERVED),
    ],
    ids=lambda value: type(value).__name__,
)
def test_no_text_has_the_id(value: object) -> None:
    encoded = base64.b64encode(URL.encode()).decode()

    texts = f"{value!r} {value} {getattr(value, 'summary', '')}"

    assert ID not in texts
    assert URL not in texts
    assert encoded not in texts


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        pytest.param({}, {}, id="neither id, nor URL, nor empty fields, nor the name suffix"),
        pytest.param({"params": {"count": 2}}, {"params": {"count": 2}}, id="inputs"),
        pytest.param(
            MESSAGE, {"type": "message", "action": None, "clusterID": None}, id="messages"
        ),
    ],
)
def test_resource_status(fields: dict[str, Any], status: dict[str, Any]) -> None:
    usual = {
        "name": "grow",
        "type": "webhook",
        "action": "CLUSTER_SCALE_OUT",
        "clusterID": "c1",
    }

    expected = {key: value for key, value in (usual | status).items() if value is not None}
    assert KIND.resource_status(replace(OBSERVED, **fields)) == expected


def secret(name: str, data: dict[str, str] | None) -> list[Dependent]:
    manifest = None if data is None else {"type": "Opaque", "data": data}
    dated = {"senlin.openstack.org/url-changed-at": "url"}
    return [Dependent(SECRET, name, manifest, dated)]


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("spec", "observed", "dependents"),
    [
        pytest.param({}, None, secret("grow", None), id="absent: the name must be free"),
        pytest.param({}, OBSERVED, secret("grow", {"url": encoded(URL)}), id="a webhook: its URL"),
        pytest.param(
            {"channelSecretRef": {"name": "other"}},
            OBSERVED,
            secret("other", {"url": encoded(URL)}),
            id="another name",
        ),
        pytest.param(
            {},
            replace(OBSERVED, channel={"queue_name": "q", "a": 1}),
            secret("grow", {"channel": encoded('{"a": 1, "queue_name": "q"}')}),
            id="a queue: all that the channel has, in order",
        ),
        pytest.param(
            {},
            replace(OBSERVED, channel={"alarm_url": URL, "more": None}),
            secret("grow", {"url": encoded(URL), "channel": encoded('{"more": null}')}),
            id="both",
        ),
    ],
)
def test_dependents(
    spec: dict[str, Any], observed: Observed | None, dependents: list[Dependent]
) -> None:
    assert KIND.dependents.desired(a_grow(spec=spec), observed) == dependents


def test_the_secret_is_never_deleted_by_the_operator() -> None:
    assert KIND.dependents.in_use(a_grow(), None)


@pytest.mark.parametrize(
    ("spec", "names"),
    [
        pytest.param({}, {"secretName": "grow"}, id="by default the resource's own"),
        pytest.param({"channelSecretRef": {"name": "a"}}, {"secretName": "a"}, id="as it says"),
        pytest.param({"managementPolicy": "unmanaged"}, {}, id="unmanaged: there is none"),
    ],
)
def test_the_status_names_the_secret(spec: dict[str, Any], names: dict[str, str]) -> None:
    assert KIND.dependents.for_status(a_grow(spec=spec)) == names


@pytest.mark.parametrize(
    ("name", "owner"),
    [(NAME, UID), ("grow", None), (f"by.two.{UID}", UID), (f".{UID}", None)],
)
def test_the_owner_is_the_end_of_the_name(name: str, owner: str | None) -> None:
    marker = KIND.marker(Receiver({"id": ID, "name": name}))
    assert (marker and marker.uid) == owner


def test_receivers_can_be_left_out() -> None:
    assert "SenlinReceiver" in kinds_for(repaired=False)
    assert "SenlinReceiver" not in kinds_for(repaired=False, receivers=False)
