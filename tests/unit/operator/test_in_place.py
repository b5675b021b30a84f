"""Changes of a profile: what nodes that exist can take, and how a change is told."""

from dataclasses import replace
from typing import Any

import pytest

from senlin_operator.kinds.cluster import plan as of_cluster
from senlin_operator.kinds.cluster import status as status_of_cluster
from senlin_operator.kinds.cluster.kind import Schemas
from senlin_operator.kinds.cluster.steps import Resize, Update, UpdateNode
from senlin_operator.kinds.shared.bindings import Binding
from senlin_operator.kinds.shared.health import fault
from senlin_operator.kinds.shared.in_place import Change, Content, refusal
from senlin_operator.kube.conditions import Reason
from senlin_operator.model.outcome import Blocked
from tests.unit.operator import builders
from tests.unit.operator.builders import (
    DESIRED_OF_THREE,
    OBSERVED_OF_THREE,
    a_cluster_manifest,
    a_profile_manifest,
)
from tests.unit.operator.environment import THREE, WEB, Environment

SERVER = "os.nova.server"
VOLUMES = {"schema": {"*": {"schema": {"size": {}, "keep": {"default": False}}}}}
SCHEMA = {
    "flavor": {"updatable": True},
    "metadata": {"updatable": True},
    "networks": {"updatable": True},
    "image": {"updatable": True},
    "user_data": {"updatable": False},
    "admin_pass": {"updatable": False},
    "key_name": {"updatable": False},
    "auto_disk_config": {"updatable": False, "default": True},
    "volumes": {"updatable": False, **VOLUMES},
}


def content(name: str = "a", type_: str = SERVER, **properties: Any) -> Content:
    return Content(name, type_, "1.0", properties)


def change(before: dict[str, Any], after: dict[str, Any], **more: Any) -> Change:
    return Change(content(**before), content("b", **after), **{"schema": SCHEMA, **more})


@pytest.mark.parametrize(
    ("before", "after", "refused"),
    [
        pytest.param({"flavor": "s"}, {"flavor": "m"}, (), id="updatable: taken"),
        pytest.param({"user_data": "x"}, {"user_data": "y"}, ("user_data",), id="changed: refused"),
        pytest.param({}, {"key_name": "k"}, ("key_name",), id="added: refused"),
        pytest.param({"key_name": "k"}, {}, ("key_name",), id="taken away: refused"),
        pytest.param({}, {"auto_disk_config": True}, (), id="the default written out: taken"),
        pytest.param(
            {}, {"auto_disk_config": False}, ("auto_disk_config",), id="not the default: refused"
        ),
        pytest.param(
            {"networks": [{"network": "a"}]}, {"networks": []}, (), id="nested, updatable: taken"
        ),
        pytest.param(
            {"volumes": [{"size": 1}]},
            {"volumes": [{"size": 1, "keep": False}]},
            (),
            id="a nested default written out: taken",
        ),
        pytest.param(
            {"volumes": [{"size": 1}]}, {"volumes": [{"size": 2}]}, ("volumes",), id="nested"
        ),
        pytest.param({}, {"luck": 1}, ("luck",), id="a property that the type lacks: refused"),
        pytest.param({"image": "a"}, {"image": "b"}, ("image",), id="an image: refused"),
        pytest.param({}, {"image": "b"}, (), id="an image for a server without one: as before"),
    ],
)
def test_what_nodes_cannot_take(
    before: dict[str, Any], after: dict[str, Any], refused: tuple[str, ...]
) -> None:
    assert change(before, after).refused(repaired=False) == refused


def test_another_type_is_left_to_senlin_which_refuses_it_at_once() -> None:
    stacks = Change(content(), content("b", "os.heat.stack", template={}), SCHEMA)

    assert stacks.refused(repaired=False) == ()


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        pytest.param(
            {"flavor": "m1.tiny"},
            {"flavor": "m1.small"},
            "profile a → b (flavor m1.tiny → m1.small)",
            id="a value that is told",
        ),
        pytest.param({}, {"key_name": "k"}, "profile a → b (key_name none → k)", id="added"),
        pytest.param(
            {"flavor": "f", "user_data": "pass1", "metadata": {"token": "pass2"}},
            {
                "flavor": "g",
                "user_data": "pass3",
                "metadata": {"token": "pass4"},
                "admin_pass": "5",
            },
            "profile a → b (admin_pass, flavor f → g, metadata, user_data)",
            id="secrets: their names alone",
        ),
        pytest.param({}, {}, "profile a → b", id="nothing but the name"),
        pytest.param(
            {"flavor": "x" * 99}, {}, f"profile a → b (flavor {'x' * 59}… → none)", id="cut"
        ),
    ],
)
def test_how_a_change_is_told(before: dict[str, Any], after: dict[str, Any], told: str) -> None:
    assert change(before, after).summary == told


def test_a_profile_of_the_same_name_is_named_once() -> None:
    one = Change(content(flavor="s"), content(flavor="m"))

    assert one.summary == "profile a (flavor s → m)"


def test_no_text_has_the_value_of_a_secret() -> None:
    secret = change({"user_data": "hidden-1"}, {"user_data": "hidden-2"})
    blocked = refusal([secret], "Do this", repaired=False)

    assert "hidden" not in f"{secret!r} {secret.summary} {blocked}"


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        pytest.param(
            {"user_data": "x"},
            {"user_data": "y"},
            "user_data cannot be changed on servers that exist. Do this, or put it back.",
            id="one",
        ),
        pytest.param(
            {"user_data": "x", "image": "old"},
            {"user_data": "y", "key_name": "k", "image": "new"},
            "key_name, user_data cannot be changed on servers that exist. Senlin 16 as released "
            "cannot change the image of a server, from old to new: it would stop the server, and "
            "fail. Do this, or put them back.",
            id="several, with an image",
        ),
    ],
)
def test_a_refusal(before: dict[str, Any], after: dict[str, Any], message: str) -> None:
    outcome = refusal([change(before, after)], "Do this", repaired=False)

    assert outcome == Blocked(Reason.UNSAFE, message)


def of_senlin(id_: str, **properties: Any) -> Any:
    spec = {"type": SERVER, "version": "1.0", "properties": properties}
    return builders.a_profile(id_, uid=None, name=id_, spec=spec)


PROFILES = {
    "p1": of_senlin("p1", user_data="x", flavor="s"),
    "p2": of_senlin("p2", user_data="y", flavor="s"),
    "p3": of_senlin("p3", user_data="x", flavor="m"),
}
OBSERVED = replace(
    OBSERVED_OF_THREE,
    all_profiles=PROFILES,
    schema=SCHEMA,
    removal_order=("n1", "n2", "n3"),
)
TO_P2 = replace(DESIRED_OF_THREE, profile_id="p2")
TO_P3 = replace(DESIRED_OF_THREE, profile_id="p3")
BATCH = (Binding("y1", "batch", type="senlin.policy.batch-1.0"),)


@pytest.mark.parametrize(
    ("desired", "observed", "verbs"),
    [
        pytest.param(TO_P2, OBSERVED, [], id="refused: nothing"),
        pytest.param(
            replace(TO_P2, desired_capacity=4), OBSERVED, [Resize], id="refused: the size follows"
        ),
        pytest.param(
            replace(TO_P2, replaces=True), OBSERVED, [Update], id="Replace: the cluster's"
        ),
        pytest.param(TO_P3, OBSERVED, [Update], id="a flavor: in place"),
        pytest.param(
            TO_P2,
            replace(
                OBSERVED,
                active=0,
                unbuilt=3,
                status="ERROR",
                serverless=frozenset(["n1", "n2", "n3"]),
            ),
            [Resize],
            id="no server exists: the nodes make room",
        ),
        pytest.param(
            DESIRED_OF_THREE,
            replace(OBSERVED, profile_mismatch={"n1": "p2", "n2": "p3"}),
            [UpdateNode],
            id="a node that cannot take the cluster's profile: only the others",
        ),
    ],
)
def test_the_plan_of_a_cluster(desired: Any, observed: Any, verbs: list[type]) -> None:
    steps = [type(step) for step in of_cluster.plan(desired, observed)]

    assert steps[: len(verbs) or 1] == verbs


def test_a_roll_by_replacement_that_is_stopped_half_way_is_told() -> None:
    half = replace(OBSERVED, profile_id="p2", profile_mismatch={"n1": "p1"})

    outcome = status_of_cluster.readiness(TO_P2, half)

    assert isinstance(outcome, Blocked)
    assert outcome.message.startswith("user_data cannot be changed")
    assert of_cluster.plan(TO_P2, half) == []


def test_a_cluster_says_what_to_do_about_a_refused_change() -> None:
    by_spec = status_of_cluster.readiness(TO_P2, OBSERVED)
    by_senlin = status_of_cluster.readiness(replace(TO_P2, fixed_size=False), OBSERVED)

    assert isinstance(by_spec, Blocked)
    assert by_spec.message == (
        "user_data cannot be changed on servers that exist. Set strategy.type to Replace, which "
        "replaces the nodes one after the other, or put it back."
    )
    assert isinstance(by_senlin, Blocked)
    assert "(it needs capacityOwner: Spec)" in by_senlin.message


@pytest.mark.parametrize(
    ("observed", "note"),
    [
        (OBSERVED, "no batch policy: all 3 nodes at once"),
        (replace(OBSERVED, policies=BATCH), ""),
        (replace(OBSERVED, nodes=1, active=1, desired_capacity=1), ""),
    ],
)
def test_a_change_of_all_nodes_at_once_is_noted(observed: Any, note: str) -> None:
    step = of_cluster.plan(replace(TO_P3, desired_capacity=observed.nodes), observed)[0]

    assert (step.summary, step.note) == ("profile p1 → p3 (flavor s → m)", note)


@pytest.mark.parametrize(
    ("desired", "profile_type"),
    [
        (DESIRED_OF_THREE, None),
        (TO_P2, "os.nova.server-1.0"),
        (replace(TO_P2, replaces=True), None),
    ],
)
def test_the_schema_is_needed_for_a_change_in_place(desired: Any, profile_type: str | None) -> None:
    assert Schemas().profile_type(desired, OBSERVED) == profile_type


def with_key(name: str) -> Any:
    resource = {"properties": {"flavor": "m1.tiny", "key_name": name}}
    return a_profile_manifest(name, resource=resource, uid=f"{name}-uid")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("Update in progress", ""),
        ("Operation 'reboot' in progress", ""),
        ("Failed in updating server: a rebuild is in progress", None),
    ],
)
def test_a_fault_has_no_words_of_an_action_that_began(said: str, reason: str | None) -> None:
    node = builders.a_node(status="UPDATING", status_reason=said)

    assert fault(node)["reason"] == (said if reason is None else reason)


async def test_a_change_that_fails_all_the_same_is_told_by_senlins_action(
    env: Environment,
) -> None:
    env.session._schemas["os.nova.server-1.0"] = {"key_name": {"updatable": True}}
    for each in (with_key("small"), with_key("other"), a_cluster_manifest("web", THREE)):
        env.kube.apply(each)
    await env.converge()

    env.kube.apply(a_cluster_manifest("web", THREE | {"profileRef": {"name": "other"}}))
    await env.converge(2)

    assert env.condition(WEB)["message"] == (
        "profile small → other (key_name small → other) failed: Failed in updating nodes."
    )
    assert [it["reason"] for it in env.kube[WEB]["status"]["faults"]] == [""] * 3


async def test_a_refused_change_moves_nothing_and_is_asked_of_senlin_once(env: Environment) -> None:
    for each in (
        with_key("small"),
        with_key("other"),
        a_cluster_manifest("web", THREE),
    ):
        env.kube.apply(each)
    await env.converge()
    env.requests()

    changed = THREE | {"profileRef": {"name": "other"}}
    env.kube.apply(a_cluster_manifest("web", changed))
    await env.converge()

    assert env.reason(WEB) == "Unsafe"
    assert "key_name cannot be changed" in env.condition(WEB)["message"]
    env.kube.apply(a_cluster_manifest("web", changed | {"desiredCapacity": 4}))
    await env.converge()

    assert env.reason(WEB) == "Unsafe"
    assert env.requests() == ["resize_cluster"]
    assert len(list(env.senlin.nodes())) == 4
    assert env.senlin.types_asked == ["os.nova.server-1.0"]

    env.kube.apply(a_cluster_manifest("web", THREE | {"desiredCapacity": 4}))
    await env.converge()

    assert env.reason(WEB) == "Ready"
    assert env.requests() == []
