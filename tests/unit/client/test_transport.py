import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from openstack_clustering import Connection, Proxy, exceptions
from tests.unit.client import fake_cloud
from tests.unit.client.fake_cloud import ACTION_ID, ID, Answer, Cloud, cluster, error


def test_first_result_takes_three_requests(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("GET", f"/v1/clusters/{ID}", Answer(body={"cluster": cluster()}))

    proxy.get_cluster(ID)

    assert [(r.method, r.path) for r in cloud.requests] == [
        ("POST", "/v3/auth/tokens"),
        ("GET", "/"),
        ("GET", f"/v1/clusters/{ID}"),
    ]


def test_each_request_has_user_agent_and_microversion(cloud: Cloud) -> None:
    cloud.answer("GET", "/v1/build-info", Answer(body={"build_info": {}}))

    with Connection(clouds=cloud.clouds(), app_name="senlin-operator/0.1") as connection:
        connection.cluster.get_build_info()

    headers = cloud.received()[0].headers
    assert headers["OpenStack-API-Version"] == "clustering 1.14"
    assert headers["User-Agent"].startswith("senlin-operator/0.1 openstack-clustering/0.1")
    assert cloud.requests[0].headers["User-Agent"].startswith("senlin-operator/0.1 openstack-cl")


def test_constructor_sends_nothing(cloud: Cloud) -> None:
    Connection(clouds=cloud.clouds()).close()

    assert cloud.requests == []


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_get_is_retried_if_the_server_asks_for_it(cloud: Cloud, proxy: Proxy, status: int) -> None:
    later = Answer(status, b"busy", {"Retry-After": "0"})
    cloud.answer("GET", "/v1/clusters", later, Answer(body={"clusters": [cluster()]}))

    assert len(list(proxy.clusters())) == 1
    assert len(cloud.received()) == 2


def test_get_has_at_most_two_retries(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("GET", "/v1/clusters", Answer(503, b"busy", {"Retry-After": "0"}))

    with pytest.raises(exceptions.ServerError) as caught:
        list(proxy.clusters())

    assert (caught.value.status, caught.value.retry_after) == (503, 0)
    assert len(cloud.received()) == 3


def test_get_is_not_retried_after_a_long_retry_after(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("GET", "/v1/clusters", Answer(429, b"", {"Retry-After": "3600"}))

    with pytest.raises(exceptions.TooManyRequests) as caught:
        list(proxy.clusters())

    assert caught.value.retry_after == 3600
    assert len(cloud.received()) == 1


def test_get_is_retried_after_a_broken_connection(cloud: Cloud, proxy: Proxy) -> None:
    found = Answer(body={"cluster": cluster()})
    cloud.answer("GET", f"/v1/clusters/{ID}", Answer(hang_up=True), found)

    assert proxy.get_cluster(ID).name == "web"


@pytest.mark.parametrize("answer", [Answer(503, b"", {"Retry-After": "0"}), Answer(hang_up=True)])
@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_change_is_sent_once(cloud: Cloud, proxy: Proxy, method: str, answer: Answer) -> None:
    path = "/v1/clusters" if method == "POST" else f"/v1/clusters/{ID}"
    cloud.answer(method, path, answer)
    calls: dict[str, Callable[[], object]] = {
        "POST": lambda: proxy.create_cluster(name="web"),
        "PATCH": lambda: proxy.update_cluster(ID, name="web"),
        "DELETE": lambda: proxy.delete_cluster(ID),
    }

    with pytest.raises((exceptions.ServerError, exceptions.ConnectFailure)) as caught:
        calls[method]()

    assert len(cloud.received()) == 1
    assert getattr(caught.value, "sent", True) is True


@contextmanager
def stopped_senlin(cloud: Cloud) -> Iterator[tuple[Proxy, str]]:
    """Yield a proxy that has negotiated the microversion, and the URL where Senlin was."""
    with fake_cloud.running() as senlin:
        settings = cloud.clouds(clustering_endpoint_override=senlin.url)
        close = {"Connection": "close"}  # or a thread of the stopped server would go on replying
        senlin.answer("GET", "/v1/build-info", Answer(body={"build_info": {}}, headers=close))
        connection = Connection(clouds=settings)
        connection.cluster.get_build_info()
    with connection:
        yield connection.cluster, senlin.url


def test_refused_connection_was_not_sent(cloud: Cloud) -> None:
    with (
        stopped_senlin(cloud) as (proxy, url),
        pytest.raises(exceptions.ConnectFailure) as caught,
    ):
        proxy.create_cluster(name="web")

    assert caught.value.sent is False
    assert type(caught.value) is exceptions.ConnectFailure
    assert str(caught.value) == f"POST {url}/v1/clusters: connection refused."


def test_the_id_of_a_receiver_is_in_no_message_and_no_report(cloud: Cloud) -> None:
    """From it follows the URL of its webhook, which needs no login."""
    places = []
    with (
        Connection(clouds=cloud.clouds(), after_request=lambda it: places.append(str(it))) as here,
        stopped_senlin(cloud) as (proxy, url),
    ):
        with pytest.raises(exceptions.ConnectFailure) as unsent:
            proxy.update_receiver(ID, action="CLUSTER_SCALE_IN")
        refusal = Answer(404, error(404, "ResourceNotFound", "No."))
        cloud.answer("PATCH", f"/v1/receivers/{ID}", refusal)
        with pytest.raises(exceptions.ResourceNotFound) as refused:
            here.cluster.update_receiver(ID, action="CLUSTER_SCALE_IN")

    assert str(unsent.value) == f"PATCH {url}/v1/receivers/…: connection refused."
    assert unsent.value.__cause__ is None
    assert refused.value.url == f"{cloud.url}/v1/receivers/…"
    assert ID not in str(places)
    assert any(it.startswith(f"PATCH {cloud.url}/v1/receivers/…: 404") for it in places)


def test_request_with_a_slow_reply_may_have_been_carried_out(cloud: Cloud) -> None:
    release = threading.Event()
    cloud.answer("POST", "/v1/clusters", Answer(delay=release))

    with Connection(clouds=cloud.clouds(), timeout=1) as connection:
        with pytest.raises(exceptions.RequestTimeout) as caught:
            connection.cluster.create_cluster(name="web")
        release.set()

    assert caught.value.sent is True


def test_rejected_token_is_renewed_once(cloud: Cloud, proxy: Proxy) -> None:
    cloud.refused_tokens = {"token-1"}
    cloud.answer("GET", f"/v1/clusters/{ID}", Answer(body={"cluster": cluster()}))

    assert proxy.get_cluster(ID).name == "web"
    assert cloud.logins == 2
    assert cloud.received()[-1].headers["X-Auth-Token"] == "token-2"


def test_token_rejected_twice_is_unauthorized(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("GET", f"/v1/clusters/{ID}", Answer(401, error(401, "Unauthorized", "No.")))

    with pytest.raises(exceptions.Unauthorized, match="No"):
        proxy.get_cluster(ID)

    assert cloud.logins == 2
    assert len(cloud.received()) == 2


def test_message_about_a_wrong_password_does_not_contain_it(cloud: Cloud) -> None:
    cloud.password = "another"

    with (
        Connection(clouds=cloud.clouds()) as connection,
        pytest.raises(exceptions.AuthenticationFailed) as caught,
    ):
        hasattr(connection, "cluster")

    assert str(caught.value) == (
        f"Keystone at {cloud.url}/v3 refuses user demo of project blue: "
        "Wrong user or password. (request id req-1)"
    )


def test_many_threads_with_a_rejected_token_log_in_once(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("GET", "/v1/clusters", Answer(body={"clusters": []}))
    proxy.find_cluster("web")
    cloud.refused_tokens = {"token-1"}

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: proxy.find_cluster("web"), range(8)))

    assert cloud.logins == 2


def test_many_threads_with_a_wrong_password_try_it_once(cloud: Cloud) -> None:
    all_here = threading.Barrier(8)
    refusal = Answer(401, {"error": {"message": "No."}}, seconds=1)
    cloud.answer("POST", "/v3/auth/tokens", refusal)

    def ask(connection: Connection) -> str | None:
        all_here.wait()
        with pytest.raises(exceptions.AuthenticationFailed) as caught:
            hasattr(connection, "cluster")
        return caught.value.request_id

    with Connection(clouds=cloud.clouds()) as connection, ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: ask(connection), range(8)))

    assert answers == ["req-1"] * 8
    assert len(cloud.requests) == 1


def test_requests_with_the_same_rejected_token_share_one_failed_login(cloud: Cloud) -> None:
    """Their replies arrive one after the other, the last one long after the failed login."""
    is_discovered, all_have_a_token = threading.Event(), threading.Barrier(3)
    cloud.answer("GET", "/v1/build-info", Answer(body={"build_info": {}}))
    rejections = [Answer(401, seconds=0.2 * number) for number in range(3)]
    cloud.answer("GET", f"/v1/clusters/{ID}", *rejections)

    def before_request(method: str) -> None:
        if is_discovered.is_set():
            all_have_a_token.wait(10)

    def ask(proxy: Proxy) -> None:
        with pytest.raises(exceptions.AuthenticationFailed):
            proxy.get_cluster(ID)

    with Connection(clouds=cloud.clouds(), before_request=before_request) as connection:
        connection.cluster.get_build_info()
        is_discovered.set()
        cloud.answer("POST", "/v3/auth/tokens", Answer(401, {"error": {"message": "No."}}))
        before = len(cloud.requests)
        with ThreadPoolExecutor(3) as threads:
            list(threads.map(ask, [connection.cluster] * 3))

    assert [r.path for r in cloud.requests[before:]].count("/v3/auth/tokens") == 1


def test_service_is_discovered_again_after_a_refused_connection(cloud: Cloud) -> None:
    with stopped_senlin(cloud) as (proxy, url):
        with pytest.raises(exceptions.ConnectFailure):
            proxy.create_cluster(name="web")
        with fake_cloud.running(port=int(url.rpartition(":")[2])) as senlin:
            senlin.max_version = "1.3"
            senlin.answer("GET", "/v1/build-info", Answer(body={"build_info": {}}))

            assert proxy.get_build_info().to_dict() == {"api": None, "engine": None}

    assert senlin.received()[0].headers["OpenStack-API-Version"] == "clustering 1.3"


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/"])
def test_catalogue_may_name_the_root_or_the_version(
    cloud: Cloud, connection: Connection, path: str
) -> None:
    cloud.services = [("clustering", path)]
    cloud.answer("GET", "/v1/build-info", Answer(body={"build_info": {}}))

    connection.cluster.get_build_info()

    assert len(cloud.requests) == 3


def test_catalogue_without_the_service_has_no_attribute(cloud: Cloud) -> None:
    cloud.services = [("identity", "/v3")]

    with Connection(clouds=cloud.clouds(region_name="Nowhere")) as connection:
        assert not hasattr(connection, "cluster")
        assert not hasattr(connection, "clustering")
        with pytest.raises(exceptions.EndpointNotFound, match="region Nowhere"):
            connection.cluster  # noqa: B018


def test_service_that_is_registered_later_is_found(cloud: Cloud) -> None:
    cloud.services = []

    with Connection(clouds=cloud.clouds()) as connection:
        assert not hasattr(connection, "cluster")
        cloud.services = [("clustering", "/")]
        assert hasattr(connection, "cluster")


def test_old_server_gets_its_own_microversion(cloud: Cloud, proxy: Proxy) -> None:
    cloud.max_version = "1.3"
    cloud.answer("POST", f"/v1/clusters/{ID}/actions", Answer(202, {"action": ACTION_ID}))

    proxy.replace_nodes_in_cluster(ID, {"old-one": "new-one"})
    with pytest.raises(exceptions.UnsupportedMicroversion, match=r"1\.8.*1\.3"):
        proxy.delete_cluster(ID, force_delete=True)

    assert [r.method for r in cloud.received()] == ["POST"]
    assert cloud.received()[0].headers["OpenStack-API-Version"] == "clustering 1.3"


def test_proxy_of_the_environment_is_used(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", cloud.url)
    settings = cloud.clouds(clustering_endpoint_override="http://senlin.invalid:8777")
    settings["clouds"]["test"]["auth"]["auth_url"] = "http://keystone.invalid/v3"
    cloud.answer("GET", "/v1/build-info", Answer(body={"build_info": {}}))

    with Connection(clouds=settings) as connection:
        connection.cluster.get_build_info()

    hosts = [request.headers["Host"] for request in cloud.requests]
    assert hosts == ["keystone.invalid", "senlin.invalid:8777", "senlin.invalid:8777"]


def test_redirect_is_not_followed(cloud: Cloud, proxy: Proxy) -> None:
    elsewhere = {"Location": f"{cloud.url}/elsewhere"}
    cloud.answer("GET", "/v1/build-info", Answer(302, b"", elsewhere))

    with pytest.raises(exceptions.HttpError, match="is redirected"):
        proxy.get_build_info()

    assert not [request for request in cloud.requests if request.path == "/elsewhere"]
