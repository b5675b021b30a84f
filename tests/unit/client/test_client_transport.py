import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from openstack_clustering import Connection, Proxy, exceptions
from tests.unit.client.fake_cloud import ACTION_ID, ID, Answer, Cloud, cluster, error


def test_first_result_takes_three_requests(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("GET", f"/v1/clusters/{ID}", Answer(body={"cluster": cluster()}))

    proxy.get_cluster(ID)

    assert [(r.method, r.path) for r in cloud.requests] == [
        ("POST", "/v3/auth/tokens"),
        ("GET", "/"),
        ("GET", f"/v1/clusters/{ID}"),
    ]


def test_each_request_says_who_asks_and_for_which_microversion(cloud: Cloud) -> None:
    cloud.answer("GET", "/v1/build-info", Answer(body={"build_info": {}}))

    with Connection(clouds=cloud.clouds(), app_name="senlin-operator/0.1") as connection:
        connection.cluster.get_build_info()

    headers = cloud.of()[0].headers
    assert headers["OpenStack-API-Version"] == "clustering 1.14"
    assert headers["User-Agent"].startswith("senlin-operator/0.1 openstack-clustering/0.1")
    assert cloud.requests[0].headers["User-Agent"].startswith("senlin-operator/0.1 openstack-cl")


def test_constructing_sends_nothing(cloud: Cloud) -> None:
    Connection(clouds=cloud.clouds()).close()

    assert cloud.requests == []


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_get_is_repeated_when_the_server_is_to_be_asked_later(
    cloud: Cloud, proxy: Proxy, status: int
) -> None:
    later = Answer(status, b"busy", {"Retry-After": "0"})
    cloud.answer("GET", "/v1/clusters", later, Answer(body={"clusters": [cluster()]}))

    assert len(list(proxy.clusters())) == 1
    assert len(cloud.of()) == 2


def test_get_is_given_up_in_the_end(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("GET", "/v1/clusters", Answer(503, b"busy", {"Retry-After": "0"}))

    with pytest.raises(exceptions.ServerError) as caught:
        list(proxy.clusters())

    assert (caught.value.status, caught.value.retry_after) == (503, 0)
    assert len(cloud.of()) == 3


def test_get_is_not_repeated_when_the_pause_would_be_long(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("GET", "/v1/clusters", Answer(429, b"", {"Retry-After": "3600"}))

    with pytest.raises(exceptions.TooManyRequests) as caught:
        list(proxy.clusters())

    assert caught.value.retry_after == 3600
    assert len(cloud.of()) == 1


def test_get_is_repeated_after_the_connection_broke(cloud: Cloud, proxy: Proxy) -> None:
    found = Answer(body={"cluster": cluster()})
    cloud.answer("GET", f"/v1/clusters/{ID}", Answer(hang_up=True), found)

    assert proxy.get_cluster(ID).name == "web"


@pytest.mark.parametrize("answer", [Answer(503, b"", {"Retry-After": "0"}), Answer(hang_up=True)])
@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_what_changes_something_is_sent_once(
    cloud: Cloud, proxy: Proxy, method: str, answer: Answer
) -> None:
    path = "/v1/clusters" if method == "POST" else f"/v1/clusters/{ID}"
    cloud.answer(method, path, answer)
    calls = {
        "POST": lambda: proxy.create_cluster(name="web"),
        "PATCH": lambda: proxy.update_cluster(ID, name="web"),
        "DELETE": lambda: proxy.delete_cluster(ID),
    }

    with pytest.raises((exceptions.ServerError, exceptions.ConnectFailure)) as caught:
        calls[method]()

    assert len(cloud.of()) == 1
    assert getattr(caught.value, "sent", True) is True


def test_refused_connection_was_not_sent(cloud: Cloud, proxy: Proxy) -> None:
    cloud.services = [("clustering", "/")]
    proxy._transport.agreed_microversion()
    proxy._transport._service.url = "http://127.0.0.1:9/v1"

    with pytest.raises(exceptions.ConnectFailure) as caught:
        proxy.create_cluster(name="web")

    assert caught.value.sent is False
    assert type(caught.value) is exceptions.ConnectFailure
    assert str(caught.value) == "POST http://127.0.0.1:9/v1/clusters: connection refused."


def test_slow_reply_is_a_time_out_that_may_have_been_carried_out(cloud: Cloud) -> None:
    release = threading.Event()
    cloud.answer("POST", "/v1/clusters", Answer(delay=release))

    with Connection(clouds=cloud.clouds(), timeout=1) as connection:
        with pytest.raises(exceptions.RequestTimeout) as caught:
            connection.cluster.create_cluster(name="web")
        release.set()

    assert caught.value.sent is True


def test_refused_token_is_renewed_once(cloud: Cloud, proxy: Proxy) -> None:
    cloud.refused_tokens = {"token-1"}
    cloud.answer("GET", f"/v1/clusters/{ID}", Answer(body={"cluster": cluster()}))

    assert proxy.get_cluster(ID).name == "web"
    assert cloud.logins == 2
    assert cloud.of()[-1].headers["X-Auth-Token"] == "token-2"


def test_token_refused_twice_is_unauthorized(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("GET", f"/v1/clusters/{ID}", Answer(401, error(401, "Unauthorized", "No.")))

    with pytest.raises(exceptions.Unauthorized, match="No"):
        proxy.get_cluster(ID)

    assert cloud.logins == 2
    assert len(cloud.of()) == 2


def test_wrong_password_is_told_without_the_password(cloud: Cloud) -> None:
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


def test_many_threads_with_a_refused_token_log_in_once(cloud: Cloud, proxy: Proxy) -> None:
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


def test_requests_that_left_with_the_same_token_share_its_refused_renewal(
    cloud: Cloud, proxy: Proxy
) -> None:
    """They come back one after the other, the last ones long after the login."""
    token = proxy._transport._token()
    cloud.answer("POST", "/v3/auth/tokens", Answer(401, {"error": {"message": "No."}}))
    before = len(cloud.requests)

    for _ in range(3):
        with pytest.raises(exceptions.AuthenticationFailed):
            proxy._transport._token(instead_of=token)

    assert len(cloud.requests) == before + 1


def test_connection_survives_a_service_that_moved(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("GET", "/v1/build-info", Answer(body={"build_info": {}}))
    proxy._transport.agreed_microversion()
    proxy._transport._service.url = "http://127.0.0.1:9/v1"
    with pytest.raises(exceptions.ConnectFailure):
        proxy.create_cluster(name="web")

    assert proxy.get_build_info().to_dict() == {"api": None, "engine": None}


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

    assert [r.method for r in cloud.of()] == ["POST"]
    assert cloud.of()[0].headers["OpenStack-API-Version"] == "clustering 1.3"


def test_proxy_of_the_environment_is_used(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", cloud.url)
    settings = cloud.clouds(clustering_endpoint_override="http://senlin.invalid:8777")
    settings["clouds"]["test"]["auth"]["auth_url"] = "http://keystone.invalid/v3"
    cloud.answer("GET", "/v1/build-info", Answer(body={"build_info": {}}))

    with Connection(clouds=settings) as connection:
        connection.cluster.get_build_info()

    hosts = [request.headers["Host"] for request in cloud.requests]
    assert hosts == ["keystone.invalid", "senlin.invalid:8777", "senlin.invalid:8777"]


def test_redirection_is_not_followed_with_the_token(cloud: Cloud, proxy: Proxy) -> None:
    elsewhere = {"Location": f"{cloud.url}/elsewhere"}
    cloud.answer("GET", "/v1/build-info", Answer(302, b"", elsewhere))

    with pytest.raises(exceptions.HttpError, match="is redirected"):
        proxy.get_build_info()

    assert not [request for request in cloud.requests if request.path == "/elsewhere"]
