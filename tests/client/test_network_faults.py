"""The client with a real Senlin behind a broken network or an overloaded gateway."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from openstack_clustering import Connection, Proxy, exceptions
from sandbox import Sandbox
from sandbox.proxy.faults import Kind
from tests.client.factories import FAST, SCALING, Factory


@pytest.mark.parametrize(
    ("kind", "status", "body", "headers"),
    [
        ("drop", None, None, None),
        ("lose-reply", None, None, None),
        ("answer", 503, "<html>Busy</html>", None),
        ("answer", 429, None, {"Retry-After": "1"}),
    ],
)
def test_read_survives_a_fault(
    sandbox: Sandbox,
    senlin: Proxy,
    make: Factory,
    kind: Kind,
    status: int | None,
    body: str | None,
    headers: dict[str, str] | None,
) -> None:
    policy = make.policy()

    with sandbox.senlin.fault(
        kind, method="GET", path=policy.id, count=1, status=status, body=body, headers=headers
    ) as fault:
        assert senlin.get_policy(policy).id == policy.id
        assert fault.hits == 1


@pytest.mark.parametrize(("kind", "was_done"), [("drop", False), ("lose-reply", True)])
def test_change_is_not_retried(
    sandbox: Sandbox, senlin: Proxy, make: Factory, kind: Kind, was_done: bool
) -> None:
    policy = make.policy()
    renamed = f"{policy.name}-2"

    with sandbox.senlin.fault(kind, method="PATCH", path=policy.id) as fault:
        with pytest.raises(exceptions.ConnectFailure) as caught:
            senlin.update_policy(policy, name=renamed)
        assert fault.hits == 1

    assert caught.value.sent is True
    assert (senlin.get_policy(policy).name == renamed) is was_done


def test_error_page_of_a_gateway_is_our_error(sandbox: Sandbox, senlin: Proxy, name: str) -> None:
    page = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
    with (
        sandbox.senlin.fault("answer", method="DELETE", path=name, status=502, body=page),
        pytest.raises(exceptions.ServerError) as caught,
    ):
        senlin.delete_policy(name)

    assert caught.value.details == "502 Bad Gateway nginx"
    assert "nginx" not in str(caught.value)


def test_slow_server_is_a_timeout(sandbox: Sandbox, name: str) -> None:
    with Connection(clouds=sandbox.clouds("blue-1"), timeout=2) as connection:
        senlin = connection.cluster
        senlin.get_build_info()
        with (
            sandbox.senlin.fault("slow", path=name, delay=6),
            pytest.raises(exceptions.RequestTimeout),
        ):
            senlin.find_policy(name)


def test_unreachable_keystone_is_a_connection_failure(sandbox: Sandbox) -> None:
    clouds = sandbox.clouds("blue-1", auth={"auth_url": "http://127.0.0.1:9/v3"})

    with (
        Connection(clouds=clouds) as connection,
        pytest.raises(
            exceptions.ConnectFailure, match=r"Keystone at http://127\.0\.0\.1:9/v3"
        ) as caught,
    ):
        hasattr(connection, "cluster")

    assert caught.value.sent is False


def test_one_connection_serves_many_threads(sandbox: Sandbox, name: str) -> None:
    names = [f"{name}-{number}" for number in range(24)]
    with Connection(clouds=sandbox.clouds("blue-1")) as connection, ThreadPoolExecutor(8) as pool:
        senlin = connection.cluster
        made = list(pool.map(lambda each: senlin.create_policy(name=each, spec=SCALING), names))
        found = list(pool.map(senlin.get_policy, made))
        list(pool.map(senlin.delete_policy, made))

        assert [policy.name for policy in found] == names
        assert list(senlin.policies(name=names)) == []


def test_every_operation_is_one_request(
    sandbox: Sandbox, make: Factory, name: str, senlin: Proxy
) -> None:
    cluster, policy = make.cluster(), make.policy()
    caller = f"counts-{name}"
    with Connection(clouds=sandbox.clouds("blue-1"), app_name=caller) as connection:
        counted = connection.cluster
        calls: list[Callable[[], object]] = [
            lambda: counted.get_build_info(),
            lambda: counted.get_cluster(name),
            lambda: counted.find_cluster(name),
            lambda: counted.find_cluster(cluster.id),
            lambda: counted.resize_cluster(cluster, max_size=7),
            lambda: counted.scale_out_cluster(cluster.id, 1),
            lambda: counted.attach_policy_to_cluster(cluster, policy),
            lambda: counted.check_cluster(name),
            lambda: counted.detach_policy_from_cluster(cluster, policy.id),
            lambda: list(counted.nodes(cluster_id=cluster)),
            lambda: list(counted.actions(target=cluster, limit=100)),
        ]
        for call in calls:
            result = call()
            if isinstance(result, dict):
                senlin.wait_for_action(result, interval=FAST)

    # One more request for the microversions, before the first operation.
    assert len(sandbox.senlin.requests(caller)) == 1 + len(calls)
