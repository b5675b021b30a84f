"""Each operation sends one request, with the right path, query and body."""

from collections.abc import Callable
from typing import Any

import pytest

from openstack_clustering import (
    Action,
    Cluster,
    ClusterPolicy,
    Connection,
    Node,
    Policy,
    Profile,
    ProfileType,
    Proxy,
    Receiver,
    Resource,
    exceptions,
)
from openstack_clustering.keywords import Adoption
from tests.unit.client.fake_cloud import ACTION_ID, ID, OTHER_ID, Answer, Cloud, cluster, error

C = Cluster({"id": ID, "name": "web"})
N = Node({"id": OTHER_ID, "name": "one"})
P = Policy({"id": OTHER_ID, "name": "grow"})
PROFILE = Profile({"id": OTHER_ID, "name": "small"})
SPEC = {"type": "os.nova.server", "version": "1.0", "properties": {}}
LOCATION = {"Location": f"http://senlin/v1/actions/{ACTION_ID}"}

Call = Callable[[Proxy], Any]
ACTIONS = f"/v1/clusters/{ID}/actions"


@pytest.mark.parametrize(
    ("call", "path", "body"),
    [
        (lambda p: p.check_cluster(C, x=1), ACTIONS, {"check": {"x": 1}}),
        (
            lambda p: p.recover_cluster(ID, operation="REBOOT", check=True),
            ACTIONS,
            {"recover": {"operation": "REBOOT", "check": True}},
        ),
        (
            lambda p: p.resize_cluster(C, adjustment_type="EXACT_CAPACITY", number=3, strict=False),
            ACTIONS,
            {"resize": {"adjustment_type": "EXACT_CAPACITY", "number": 3, "strict": False}},
        ),
        (lambda p: p.scale_in_cluster(C), ACTIONS, {"scale_in": {}}),
        (lambda p: p.scale_out_cluster(C, 2), ACTIONS, {"scale_out": {"count": 2}}),
        (lambda p: p.scale_out_cluster(C, count=0), ACTIONS, {"scale_out": {"count": 0}}),
        (lambda p: p.add_nodes_to_cluster(C, [N]), ACTIONS, {"add_nodes": {"nodes": [OTHER_ID]}}),
        (lambda p: p.add_nodes_to_cluster(C, "one"), ACTIONS, {"add_nodes": {"nodes": ["one"]}}),
        (
            lambda p: p.remove_nodes_from_cluster(C, [N], destroy_after_deletion=True),
            ACTIONS,
            {"del_nodes": {"nodes": [OTHER_ID], "destroy_after_deletion": True}},
        ),
        (
            lambda p: p.replace_nodes_in_cluster(C, {"old-one": "new-one"}),
            ACTIONS,
            {"replace_nodes": {"nodes": {"old-one": "new-one"}}},
        ),
        (
            lambda p: p.replace_nodes_in_cluster(C, [(N, "new-one")]),
            ACTIONS,
            {"replace_nodes": {"nodes": {OTHER_ID: "new-one"}}},
        ),
        (
            lambda p: p.attach_policy_to_cluster(C, P, is_enabled=False),
            ACTIONS,
            {"policy_attach": {"policy_id": OTHER_ID, "enabled": False}},
        ),
        (
            lambda p: p.update_cluster_policy("web", "grow", enabled=True),
            "/v1/clusters/web/actions",
            {"policy_update": {"policy_id": "grow", "enabled": True}},
        ),
        (
            lambda p: p.detach_policy_from_cluster(C, P),
            ACTIONS,
            {"policy_detach": {"policy_id": OTHER_ID}},
        ),
        (
            lambda p: p.perform_operation_on_cluster(C, "reboot", type="SOFT"),
            f"/v1/clusters/{ID}/ops",
            {"reboot": {"params": {"type": "SOFT"}, "filters": {}}},
        ),
        (
            lambda p: p.perform_operation_on_cluster(C, "reboot", params={"type": "SOFT"}),
            f"/v1/clusters/{ID}/ops",
            {"reboot": {"params": {"type": "SOFT"}, "filters": {}}},
        ),
        (
            lambda p: p.perform_operation_on_cluster(C, "reboot", filters={"role": "x"}),
            f"/v1/clusters/{ID}/ops",
            {"reboot": {"params": {}, "filters": {"role": "x"}}},
        ),
        (
            lambda p: p.perform_operation_on_cluster(C, "rebuild"),
            f"/v1/clusters/{ID}/ops",
            {"rebuild": {"params": {}, "filters": {}}},
        ),
        (
            lambda p: p.complete_lifecycle(C, ACTION_ID),
            ACTIONS,
            {"complete_lifecycle": {"lifecycle_action_token": ACTION_ID}},
        ),
        (lambda p: p.check_node(N), f"/v1/nodes/{OTHER_ID}/actions", {"check": {}}),
        (
            lambda p: p.recover_node(N, operation="REBUILD"),
            f"/v1/nodes/{OTHER_ID}/actions",
            {"recover": {"operation": "REBUILD"}},
        ),
        (
            lambda p: p.perform_operation_on_node(N, "reboot", type="SOFT"),
            f"/v1/nodes/{OTHER_ID}/ops",
            {"reboot": {"type": "SOFT"}},
        ),
    ],
)
@pytest.mark.parametrize(
    "started", [Answer(202, {"action": ACTION_ID}), Answer(202, {"code": 202}, LOCATION)]
)
def test_action_is_one_request_and_returns_its_id(
    cloud: Cloud, proxy: Proxy, call: Call, path: str, body: dict[str, Any], started: Answer
) -> None:
    cloud.answer("POST", path, started)

    assert call(proxy) == {"action": ACTION_ID}
    assert [(r.path, r.body) for r in cloud.received()] == [(path, body)]


@pytest.mark.parametrize(
    ("call", "method", "path", "body"),
    [
        (
            lambda p: p.create_cluster(
                name="web", profile_id=PROFILE, desired_capacity=None, min_size=0
            ),
            "POST",
            "/v1/clusters",
            {"cluster": {"name": "web", "profile_id": OTHER_ID, "min_size": 0}},
        ),
        (
            lambda p: p.update_cluster(C, profile_id="small", is_profile_only=True),
            "PATCH",
            f"/v1/clusters/{ID}",
            {"cluster": {"profile_id": "small", "profile_only": True}},
        ),
        (
            lambda p: p.create_node(name="one", cluster_id=C, profile_id=PROFILE),
            "POST",
            "/v1/nodes",
            {"node": {"name": "one", "cluster_id": ID, "profile_id": OTHER_ID}},
        ),
        (
            lambda p: p.update_node("one", tainted=True),
            "PATCH",
            "/v1/nodes/one",
            {"node": {"tainted": True}},
        ),
        (lambda p: p.delete_cluster(C), "DELETE", f"/v1/clusters/{ID}", None),
        (
            lambda p: p.delete_cluster(C, force_delete=True),
            "DELETE",
            f"/v1/clusters/{ID}",
            {"force": True},
        ),
        (
            lambda p: p.delete_node("one", force_delete=True),
            "DELETE",
            "/v1/nodes/one",
            {"force": True},
        ),
    ],
)
def test_change_returns_the_id_of_its_action(
    cloud: Cloud, proxy: Proxy, call: Call, method: str, path: str, body: object
) -> None:
    noun = path.split("/")[2].removesuffix("s")
    answer = None if method == "DELETE" else {noun: {"id": ID, "name": "web"}}
    cloud.answer(method, path, Answer(202, answer, LOCATION))

    changed = call(proxy)

    assert isinstance(changed, Resource)
    assert changed.action_id == ACTION_ID
    assert [(r.method, r.path, r.body) for r in cloud.received()] == [(method, path, body)]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p: p.nodes(clusterid="x"), "'clusterid'; did you mean cluster_id"),
        (lambda p: p.create_cluster(desired_capacty=3), "did you mean desired_capacity"),
        (lambda p: p.update_policy("grow", spec={}), "An update of a policy has no 'spec'"),
        (lambda p: p.resize_cluster(C, size=3), "resize_cluster has no 'size'"),
        (lambda p: p.recover_cluster(C, operations="X"), "did you mean operation"),
        (lambda p: p.remove_nodes_from_cluster(C, [N], destroy=True), "destroy_after_deletion"),
        (lambda p: p.cluster_policies(C, limit=3), "has no 'limit'"),
        (lambda p: p.services(hots="x"), "did you mean host"),
        (lambda p: p.profile_types(nam="x"), "did you mean name"),
        (lambda p: p.clusters(profile="x"), "did you mean profile_id"),
        (lambda p: p.recover_node(N, operations="X"), "did you mean operation"),
        (lambda p: p.attach_policy_to_cluster(C, P, enable=True), "did you mean enabled"),
        (lambda p: p.update_cluster_policy(C, P, enable=True), "did you mean enabled"),
        (lambda p: p.update_action("a-1", state="X"), "did you mean status"),
        (lambda p: p.collect_cluster_attrs(C, "name", nodeid="x"), "did you mean node_id"),
        (lambda p: p.validate_profile(specs={}), "did you mean spec"),
        (lambda p: p.adopt_node(identify="x"), "did you mean identity"),
    ],
)
def test_unknown_keyword_is_a_type_error_at_once(
    cloud: Cloud, proxy: Proxy, call: Call, message: str
) -> None:
    with pytest.raises(TypeError, match=message) as caught:
        call(proxy)

    assert isinstance(caught.value, exceptions.InvalidArgument)

    assert cloud.received() == []


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p: p.get_action(None), "An Action is named by an object, an id or a name, not by"),
        (lambda p: p.get_cluster(N), r"^Node\(.*\) is no Cluster\.$"),
        (lambda p: p.wait_for_action(None), "the request started none"),
        (lambda p: p.wait_for_action({"action": None}), "the request started none"),
        (lambda p: p.wait_for_delete("web"), "wait_for_delete needs an object, .*, not 'web'"),
        (lambda p: p.wait_for_status("web", "ACTIVE"), "wait_for_status needs an object"),
        (lambda p: p.wait_for_status(C, "X", wait="1"), "`wait` is a number of seconds or None"),
        (lambda p: p.wait_for_delete(C, interval=-1), "`interval` is a number of seconds"),
        (lambda p: p.clusters(max_items="a"), "`max_items` is a number of objects or None"),
        (lambda p: p.collect_cluster_attrs(C, None), "`path` is a JSONPath such as"),
        (lambda p: p.add_nodes_to_cluster(C, None), "A Node is named by an object"),
        (lambda p: p.remove_nodes_from_cluster(C, 5), "A Node is named by an object"),
        (lambda p: p.replace_nodes_in_cluster(C, None), "`nodes` is a map of old nodes"),
        (lambda p: p.replace_nodes_in_cluster(C, ["a", "b"]), "`nodes` is a map of old nodes"),
        (
            lambda p: p.replace_nodes_in_cluster(C, {"old-one": None}),
            "A Node is named by an object",
        ),
        (lambda p: p.trigger_webhook("http://x", "y"), "`params` is a map of the action's inputs"),
        (lambda p: p.create_cluster(metadata={"a": {1}}), "cannot be sent as JSON: .* set"),
    ],
)
def test_wrong_argument_is_a_sentence_of_the_client(
    cloud: Cloud, proxy: Proxy, call: Call, message: str
) -> None:
    with pytest.raises(exceptions.ClientException, match=message):
        call(proxy)

    assert cloud.received() == []


@pytest.mark.parametrize("value", ["", "..", "a/b", None, N])
def test_invalid_type_name_is_refused(cloud: Cloud, proxy: Proxy, value: Any) -> None:
    with pytest.raises(exceptions.InvalidIdentity):
        proxy.get_profile_type(value)

    assert cloud.received() == []


def test_type_from_the_list_can_be_read_again(cloud: Cloud, proxy: Proxy) -> None:
    listed = [{"name": "os.nova.server", "version": "1.0", "support_status": {}}]
    cloud.answer("GET", "/v1/profile-types", Answer(body={"profile_types": listed}))
    path = "/v1/profile-types/os.nova.server-1.0"
    cloud.answer("GET", path, Answer(body={"profile_type": {"name": "os.nova.server-1.0"}}))
    cloud.answer("GET", f"{path}/ops", Answer(body={"operations": {"reboot": {}}}))

    (kind,) = proxy.profile_types()

    assert kind == ProfileType({**listed[0], "name": "os.nova.server-1.0"})
    assert proxy.get_profile_type(kind).name == kind.name
    assert proxy.profile_type_operations(kind) == {"reboot": {}}
    assert proxy.list_profile_type_operations(kind) == {"operations": {"reboot": {}}}


def test_find_by_id_takes_one_request(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("GET", f"/v1/clusters/{ID}", Answer(body={"cluster": cluster()}))

    assert proxy.find_cluster(ID) == Cluster(cluster())
    assert len(cloud.received()) == 1


def test_find_by_name_takes_one_request(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("GET", "/v1/clusters", Answer(body={"clusters": [cluster()]}))

    assert proxy.find_cluster("web") == Cluster(cluster())
    assert len(cloud.received()) == 1


def test_find_distinguishes_missing_from_ambiguous(cloud: Cloud, proxy: Proxy) -> None:
    two = [cluster(), cluster(id=OTHER_ID)]
    cloud.answer(
        "GET", "/v1/clusters", Answer(body={"clusters": []}), Answer(body={"clusters": two})
    )

    assert proxy.find_cluster("web") is None
    with pytest.raises(exceptions.DuplicateResource, match=f"called web: {ID}, {OTHER_ID}"):
        proxy.find_cluster("web")


def test_find_raises_for_a_missing_object_if_requested(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("GET", "/v1/clusters", Answer(body={"clusters": []}))

    with pytest.raises(exceptions.ResourceNotFound, match="no Cluster with the id or the name web"):
        proxy.find_cluster("web", ignore_missing=False)


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("noun", ["cluster", "node"])
def test_deletion_of_a_missing_object(cloud: Cloud, proxy: Proxy, noun: str, force: bool) -> None:
    delete = getattr(proxy, f"delete_{noun}")
    cloud.answer("DELETE", f"/v1/{noun}s/{ID}", Answer(404, error(404, "ResourceNotFound", "No.")))

    assert delete(ID, force_delete=force) is None
    with pytest.raises(exceptions.ResourceNotFound):
        delete(ID, ignore_missing=False, force_delete=force)


@pytest.mark.parametrize("noun", ["profile", "policy", "receiver"])
def test_deletion_without_an_action_returns_none(cloud: Cloud, proxy: Proxy, noun: str) -> None:
    plural = {"policy": "policies"}.get(noun, f"{noun}s")
    cloud.answer("DELETE", f"/v1/{plural}/{ID}", Answer(204))

    assert getattr(proxy, f"delete_{noun}")(ID) is None
    assert len(cloud.received()) == 1


def test_binding_from_the_list_can_be_read_again(cloud: Cloud, proxy: Proxy) -> None:
    binding = {"id": "b", "policy_id": OTHER_ID, "cluster_id": ID, "enabled": True}
    path = f"/v1/clusters/{ID}/policies/{OTHER_ID}"
    cloud.answer("GET", path, Answer(body={"cluster_policy": binding}))

    assert proxy.get_cluster_policy(ClusterPolicy(binding)).is_enabled is True
    assert proxy.get_cluster_policy(P, C).policy_id == OTHER_ID


def test_update_of_an_action_cancels_it(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("PATCH", f"/v1/actions/{ACTION_ID}", Answer(202, b"<html>Accepted</html>"))
    cancelled = {"id": ACTION_ID, "status": "CANCELLED"}
    cloud.answer("GET", f"/v1/actions/{ACTION_ID}", Answer(body={"action": cancelled}))

    assert proxy.update_action(ACTION_ID, status="CANCELLED").status == "CANCELLED"
    proxy.update_action(Action({"id": ACTION_ID}), status="CANCELLED", force=True)

    patches = cloud.received("PATCH")
    assert [r.query for r in patches] == [{}, {"force": ["true"]}]
    assert [r.body for r in patches] == [{"action": {"status": "CANCELLED"}}] * 2


@pytest.mark.parametrize(
    ("call", "noun", "raw"),
    [
        (lambda p, o: p.update_cluster(o, name="web", metadata={}), "cluster", {"metadata": {}}),
        (lambda p, o: p.update_cluster(o), "cluster", {}),
        (
            lambda p, o: p.update_cluster(o, profile_id=PROFILE, is_profile_only=True),
            "cluster",
            {"profile_id": OTHER_ID},
        ),
        (lambda p, o: p.update_node(o, role="x", tainted=False), "node", {"role": "x"}),
        (lambda p, o: p.update_profile(o, name="web"), "profile", {}),
        (lambda p, o: p.update_policy(o, name="web"), "policy", {}),
        (lambda p, o: p.update_receiver(o, params={"a": 1}), "receiver", {"params": {"a": 1}}),
    ],
)
def test_update_that_changes_nothing_is_not_sent(
    cloud: Cloud, proxy: Proxy, call: Callable[[Proxy, Any], Any], noun: str, raw: dict[str, Any]
) -> None:
    kinds = {"cluster": Cluster, "node": Node, "profile": Profile, "policy": Policy}
    known = kinds.get(noun, Receiver)({"id": ID, "name": "web", "tainted": False, **raw})

    assert call(proxy, known) is known
    assert cloud.received() == []


def test_object_that_is_handed_in_follows_the_servers_answer(cloud: Cloud, proxy: Proxy) -> None:
    changed = {"id": ID, "name": "new", "status": "ACTIVE"}
    cloud.answer("PATCH", f"/v1/clusters/{ID}", Answer(202, {"cluster": changed}, LOCATION))
    cloud.answer("GET", f"/v1/clusters/{ID}", Answer(body={"cluster": cluster(name="newer")}))
    web = Cluster({"id": ID, "name": "web"})

    assert proxy.update_cluster(web, name="new") is web
    assert (web.name, web.action_id) == ("new", ACTION_ID)
    assert proxy.get_cluster(web) is web
    assert (web.name, web.action_id) == ("newer", ACTION_ID)
    assert C.name == "web"


def test_node_is_not_changed_into_one_with_details(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("GET", f"/v1/nodes/{ID}", Answer(body={"node": {"id": ID, "details": {"a": 1}}}))
    node = Node({"id": ID})

    assert proxy.get_node(node, details=True).details == {"a": 1}
    assert node.details is None


def test_cancel_is_one_request(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("PATCH", f"/v1/actions/{ACTION_ID}", Answer(202, b"<html>Accepted</html>"))

    proxy.cancel_action(ACTION_ID)
    proxy.cancel_action(ACTION_ID, force=True)

    assert [r.query for r in cloud.received()] == [{}, {"force": ["true"]}]
    assert cloud.received()[0].body == {"action": {"status": "CANCELLED"}}


def test_webhook_is_called_without_a_token(cloud: Cloud, proxy: Proxy) -> None:
    url = f"{cloud.url}/v1/webhooks/1/trigger?V=2"
    cloud.answer("POST", "/v1/webhooks/1/trigger", Answer(202, {"action": ACTION_ID}, LOCATION))

    receiver = Receiver({"channel": {"alarm_url": url}})

    assert proxy.trigger_webhook(receiver, {"count": 2}) == {"action": ACTION_ID}
    request = cloud.received()[-1]
    assert (request.query, request.body) == ({"V": ["2"]}, {"count": 2})
    assert request.headers["X-Auth-Token"] is None


@pytest.mark.parametrize("receiver", [Receiver({"channel": None}), Receiver({}), "file:///x", ""])
def test_webhook_without_a_url_is_refused(proxy: Proxy, receiver: Receiver | str) -> None:
    with pytest.raises(exceptions.InvalidIdentity):
        proxy.trigger_webhook(receiver)


def test_adoption_omits_missing_attributes(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("POST", "/v1/nodes/adopt", Answer(200, {"node": {"id": ID}}))
    cloud.answer("POST", "/v1/nodes/adopt-preview", Answer(200, {"node_profile": {"type": "t"}}))
    attrs: Adoption = {"type": "os.nova.server-1.0", "identity": "vm", "name": "one"}

    assert proxy.adopt_node(**attrs).id == ID
    assert proxy.adopt_node(preview=True, **attrs) == {"node_profile": {"type": "t"}}
    assert [r.body for r in cloud.received()] == [
        {**attrs, "overrides": {}},
        {"type": "os.nova.server-1.0", "identity": "vm", "overrides": {}},
    ]


@pytest.mark.parametrize(
    ("call", "needed"),
    [
        (lambda p: p.validate_profile(spec=SPEC), "1.2"),
        (lambda p: p.validate_policy(spec=SPEC), "1.2"),
        (lambda p: p.collect_cluster_attrs(C, "name"), "1.2"),
        (lambda p: p.replace_nodes_in_cluster(C, [(N, "x-1")]), "1.3"),
        (lambda p: p.perform_operation_on_cluster(C, "reboot"), "1.4"),
        (lambda p: p.perform_operation_on_node(N, "reboot"), "1.4"),
        (lambda p: p.profile_type_operations("os.nova.server-1.0"), "1.4"),
        (lambda p: p.remove_nodes_from_cluster(C, [N], destroy_after_deletion=False), "1.4"),
        (lambda p: p.receivers(user="u"), "1.4"),
        (lambda p: p.recover_cluster(C, check=True), "1.6"),
        (lambda p: p.recover_node(N, check=True), "1.6"),
        (lambda p: p.update_cluster(C, is_profile_only=True), "1.6"),
        (lambda p: p.update_cluster(C, config={}), "1.7"),
        (lambda p: p.adopt_node(identity="x"), "1.7"),
        (lambda p: p.delete_cluster(C, force_delete=True), "1.8"),
        (lambda p: p.delete_node(N, force_delete=True), "1.8"),
        (lambda p: p.complete_lifecycle(C, "t"), "1.9"),
        (lambda p: p.cancel_action(ACTION_ID), "1.12"),
        (lambda p: p.update_node(N, tainted=True), "1.13"),
        (lambda p: p.update_action(ACTION_ID, status="CANCELLED"), "1.12"),
        (lambda p: p.nodes(tainted=True), "1.13"),
        (lambda p: p.actions(cluster_id=ID), "1.14"),
    ],
)
def test_operation_of_a_newer_server_is_not_sent(cloud: Cloud, call: Call, needed: str) -> None:
    cloud.max_version = "1.1"

    with (
        Connection(clouds=cloud.clouds()) as connection,
        pytest.raises(exceptions.UnsupportedMicroversion) as caught,
    ):
        call(connection.cluster)

    assert f"microversion {needed}; with this server it is 1.1" in str(caught.value)
    assert cloud.received() == []
