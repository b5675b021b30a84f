import copy
import logging
import pickle
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import urllib3
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from openstack_clustering import (
    ClientException,
    Connection,
    Proxy,
    Receiver,
    exceptions,
)
from openstack_clustering import _failure as failure
from openstack_clustering._reply import sanitize
from tests.unit.client.fake_cloud import ACTION_ID, ID, Answer, Cloud, cluster, error

# Each example sends a dozen requests, so explaining a failure would take minutes.
QUICKLY = (Phase.generate, Phase.shrink)
WEBHOOK = "http://senlin:8777/v1/webhooks/5e1f/trigger?V=2"


@pytest.mark.parametrize(
    ("status", "type", "kind"),
    [
        (400, "BadRequest", exceptions.BadRequest),
        (400, "InvalidSpec", exceptions.BadRequest),
        (400, "MultipleChoices", exceptions.DuplicateResource),
        (401, "Unauthorized", exceptions.Unauthorized),
        (403, "Forbidden", exceptions.Forbidden),
        (404, "ResourceNotFound", exceptions.ResourceNotFound),
        (406, "InvalidGlobalAPIVersion", exceptions.HttpError),
        (409, "ResourceIsLocked", exceptions.Conflict),
        (409, "ActionConflict", exceptions.Conflict),
        (412, "PreconditionFailed", exceptions.PreconditionFailed),
        (429, "OverLimit", exceptions.TooManyRequests),
        (500, "OverQuota", exceptions.ServerError),
        (503, "Unavailable", exceptions.ServerError),
    ],
)
def test_refusal_has_the_servers_message_and_type(
    cloud: Cloud, proxy: Proxy, status: int, type: str, kind: type[exceptions.HttpError]
) -> None:
    answer = Answer(status, error(status, type, "The server says why."))
    cloud.answer("POST", f"/v1/clusters/{ID}/actions", answer)

    with pytest.raises(kind) as caught:
        proxy.check_cluster(ID)

    refusal = caught.value
    assert refusal.__class__ is kind
    assert (refusal.status, refusal.type, refusal.request_id) == (status, type, "req-1")
    assert (refusal.message, refusal.method) == ("The server says why.", "POST")
    assert str(refusal) == "The server says why. (request id req-1)"


def test_refusal_has_what_openstacksdks_has(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("GET", f"/v1/clusters/{ID}", Answer(404, error(404, "ResourceNotFound", "No.")))

    with pytest.raises(requests.HTTPError) as caught:
        proxy.get_cluster(ID)

    refusal = caught.value
    assert isinstance(refusal, exceptions.NotFoundException)
    assert refusal.status_code == refusal.http_status == refusal.code == 404
    assert (refusal.source, refusal.extra_data, refusal.request) == ("Client", None, None)
    assert exceptions.ServerError().source == "Server"


def test_response_of_a_refusal_has_no_token(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("GET", f"/v1/clusters/{ID}", Answer(403, error(403, "Forbidden", "No.")))

    with pytest.raises(exceptions.Forbidden) as caught:
        proxy.get_cluster(ID)

    response = caught.value.response
    assert response is not None
    assert (response.status_code, response.json()["error"]["type"]) == (403, "Forbidden")
    assert response.headers["X-Openstack-Request-Id"] == "req-1"
    assert getattr(response, "request", None) is None
    assert "token-1" not in str(vars(response))


def test_errors_can_be_made_as_openstacksdks_are() -> None:
    response = requests.Response()
    response.status_code, response.headers["X-Openstack-Request-Id"] = 409, "req-7"

    given = exceptions.HttpException("No.", response, details="Why.", request_id=None)
    assert (given.status_code, given.request_id, given.details) == (409, "req-7", "Why.")
    assert exceptions.HttpException(details="Why.", http_status=500).status_code == 500
    assert exceptions.NotFoundException().status_code == 404
    assert exceptions.SDKException("No.", {"a": 1}).extra_data == {"a": 1}
    assert (exceptions.SDKException().message, str(exceptions.SDKException("No."))) == (
        "ClientException",
        "No.",
    )


FOREIGN = "HTTP {} without an error of OpenStack in the reply"
GATEWAY = b"<html><head><title>502 Bad Gateway</title></head>\n<h1>nginx</h1></html>"
MIDDLEWARE = {
    "code": "503 Service Unavailable",
    "title": "Service Unavailable",
    "message": "Unavailable.\n \nTry later.\n",
}


@pytest.mark.parametrize(
    ("answer", "message", "details"),
    [
        (Answer(502, GATEWAY), FOREIGN.format(502), "502 Bad Gateway nginx"),
        (Answer(400, b"<body>400 Bad&nbsp;Request"), FOREIGN.format(400), "400 Bad\xa0Request"),
        (Answer(500, b""), FOREIGN.format(500), ""),
        (Answer(404, {"reason": "other"}), FOREIGN.format(404), '{"reason": "other"}'),
        (Answer(403, {"message": "a", "code": 3}), FOREIGN.format(403), '{"message": "a"'),
        (Answer(503, MIDDLEWARE), "Unavailable. Try later.", "Unavailable. Try later."),
        (Answer(302, b"", {"Location": "http://elsewhere"}), "is redirected (302)", ""),
    ],
)
def test_only_what_openstack_says_is_in_the_message(
    cloud: Cloud, proxy: Proxy, answer: Answer, message: str, details: str
) -> None:
    """A server that is none of OpenStack's may say what its caller's caller must not know."""
    cloud.answer("POST", "/v1/clusters", answer)

    with pytest.raises(exceptions.HttpError) as caught:
        proxy.create_cluster(name="web")

    assert message in caught.value.message
    assert caught.value.details.startswith(details)


def test_a_page_instead_of_keystone_is_not_in_the_message(cloud: Cloud) -> None:
    cloud.answer("POST", "/v3/auth/tokens", Answer(403, b"the internal secret"))

    with Connection(clouds=cloud.clouds()) as connection, pytest.raises(ClientException) as caught:
        connection.cluster  # noqa: B018

    assert "HTTP 403 without an error of OpenStack" in str(caught.value)
    assert "internal" not in str(caught.value)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("9" * 400, 86400),
        ("9" * 5000, 86400),
        ("Wed, 21 Oct 9999 07:28:00 GMT", 86400),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Wed, 21 Oct 2026 07:28:00 +99999999999999", None),
        ("Mon, 01 Jan 0001 00:00:00 +2359", 0),
        ("-5", None),
        ("1e9", None),
        ("soon", None),
    ],
)
def test_an_odd_retry_after_neither_raises_nor_lasts(
    cloud: Cloud, proxy: Proxy, header: str, seconds: float | None
) -> None:
    cloud.answer("POST", "/v1/clusters", Answer(429, b"", {"Retry-After": header}))

    with pytest.raises(exceptions.TooManyRequests) as caught:
        proxy.create_cluster(name="web")

    assert caught.value.retry_after == seconds


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b""),
        Answer(200, b'{"cluster": {"id": "x"'),
        Answer(200, b"<html>Welcome!</html>"),
        Answer(200, b"[" * 100_000),
        Answer(200, ["cluster"]),
        Answer(200, {"cluster": None}),
        Answer(200, {"other": {}}),
        Answer(204),
    ],
)
def test_reply_of_the_wrong_shape_is_invalid(cloud: Cloud, proxy: Proxy, answer: Answer) -> None:
    cloud.answer("GET", f"/v1/clusters/{ID}", answer)

    with pytest.raises(exceptions.InvalidResponse) as caught:
        proxy.get_cluster(ID)

    assert (caught.value.status, caught.value.request_id) == (answer.status, "req-1")


def test_truncated_reply_is_a_connection_failure(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("POST", "/v1/clusters", Answer(202, {"cluster": cluster()}, cut=True))

    with pytest.raises(exceptions.ConnectFailure) as caught:
        proxy.create_cluster(name="web")

    assert caught.value.sent is True


@pytest.mark.parametrize(
    ("body", "metadata"),
    [
        ('{"a": NaN, "b": [-Infinity, 1e999, -1.5]}', {"a": None, "b": [None, None, -1.5]}),
        (r'{"\ud800a": "b\uDFFF", "c": "\ud83d\ude00"}', {"?a": "b?", "c": "😀"}),
        ('{"a": "\ud800"}', {"a": "\ufffd\ufffd\ufffd"}),  # in UTF-8, which has no such halves
        (r'{"a": "\\ud800", "b": "\ud83d\ude00"}', {"a": r"\ud800", "b": "😀"}),
    ],
)
def test_what_is_no_json_or_no_unicode_is_replaced(
    cloud: Cloud, proxy: Proxy, body: str, metadata: object
) -> None:
    """Senlin 16 stores and shows both; a document with them could not be written anywhere."""
    content = f'{{"cluster": {{"id": "{ID}", "metadata": {body}}}}}'
    cloud.answer("GET", f"/v1/clusters/{ID}", Answer(200, content.encode(errors="surrogatepass")))

    assert proxy.get_cluster(ID).metadata == metadata


@pytest.mark.parametrize("depth", [250, 100_000])
def test_a_document_is_read_however_deep_or_is_invalid(
    cloud: Cloud, proxy: Proxy, depth: int
) -> None:
    nested = '{"a":' * depth + "{}" + "}" * depth
    content = f'{{"cluster": {{"id": "{ID}", "metadata": {nested}}}}}'
    cloud.answer("GET", f"/v1/clusters/{ID}", Answer(200, content.encode()))

    if depth == 250:  # Senlin 16 stores it
        assert list(proxy.get_cluster(ID).metadata) == ["a"]
    else:
        with pytest.raises(exceptions.InvalidResponse, match="no JSON"):
            proxy.get_cluster(ID)


def test_ids_that_are_too_long_are_cut_or_no_ids(cloud: Cloud, proxy: Proxy) -> None:
    headers = {"X-Openstack-Request-Id": "r" * 5000, "Location": f"/v1/actions/{'a' * 65}"}
    cloud.answer("POST", f"/v1/clusters/{ID}/actions", Answer(202, b"{}", headers))

    with pytest.raises(exceptions.InvalidResponse, match="no action") as caught:
        proxy.check_cluster(ID)
    assert caught.value.request_id == f"req-1, {'r' * 5000}"[:64]  # the fake sends one, too


def test_action_without_an_id_is_an_invalid_response(cloud: Cloud, proxy: Proxy) -> None:
    cloud.answer("POST", f"/v1/clusters/{ID}/actions", Answer(202, {}))

    with pytest.raises(exceptions.InvalidResponse, match="no action"):
        proxy.check_cluster(ID)


@pytest.mark.parametrize(
    "exception",
    [
        exceptions.Conflict("m", status=409, type="T", request_id="r", retry_after=1.0),
        exceptions.ConnectFailure("m", sent=False),
        exceptions.EndpointNotFound("m"),
    ],
)
def test_exceptions_can_be_copied_and_pickled(exception: ClientException) -> None:
    for twin in (copy.copy(exception), pickle.loads(pickle.dumps(exception))):
        assert (type(twin), twin.args) == (type(exception), exception.args)
        assert vars(twin) == vars(exception)


def test_webhook_url_is_in_no_message_and_no_log(
    cloud: Cloud, proxy: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    path = "/v1/webhooks/5e1f/trigger"
    receiver = Receiver({"channel": {"alarm_url": f"{cloud.url}{path}?V=2"}})
    text = f"Not found: {WEBHOOK}"
    cloud.answer("POST", path, Answer(404, error(404, "ResourceNotFound", text)))

    with pytest.raises(exceptions.ResourceNotFound) as refused:
        proxy.trigger_webhook(receiver)
    with pytest.raises(exceptions.ConnectFailure) as unreachable:
        proxy.trigger_webhook("http://127.0.0.1:9/v1/webhooks/5e1f/trigger?V=2")

    assert "5e1f" not in f"{refused.value} {vars(refused.value)} {unreachable.value} {caplog.text}"
    assert unreachable.value.__suppress_context__


def test_password_and_token_are_in_no_log(cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    cloud.answer("GET", "/v1/clusters", Answer(body={"clusters": []}))

    with Connection(clouds=cloud.clouds()) as connection:
        list(connection.cluster.clusters())

    assert f"GET {cloud.url}/v1/clusters: 200 in" in caplog.text
    assert "secret" not in caplog.text
    assert "token-1" not in caplog.text


def test_exceptions_have_openstacksdks_names() -> None:
    refusal = exceptions.NotFoundException("m", status=404)

    assert isinstance(refusal, exceptions.HttpException | exceptions.SDKException)
    assert (refusal.status_code, refusal.details) == (404, "m")


leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
json_values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)
known = st.sampled_from(["cluster", "clusters", "action", "error"])
fields = st.sampled_from(["message", "type", "id", "name", "status", "status_reason", "code"])
documents = st.dictionaries(fields, json_values, max_size=4)
bodies = (
    st.binary(max_size=80)
    | json_values
    | st.dictionaries(known, json_values, max_size=3)
    | st.dictionaries(known, documents, max_size=3)
    | st.dictionaries(known, st.lists(documents, max_size=3), max_size=2)
)
latin = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)
headers = st.fixed_dictionaries(
    {},
    optional={
        "Location": latin | st.just(f"http://s/v1/actions/{ACTION_ID}"),
        "Retry-After": st.just("0") | latin,
        "Content-Type": latin,
        "Content-Encoding": st.sampled_from(["gzip", "deflate", "nonsense"]),
        "X-Openstack-Request-Id": latin,
    },
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.integers(200, 599), bodies, headers)
def test_any_reply_of_the_server_becomes_a_resource_or_our_exception(
    fuzzed: tuple[Cloud, Proxy], status: int, body: Any, headers: dict[str, str]
) -> None:
    cloud, proxy = fuzzed
    answer = Answer(status, body, headers)
    for method, path in [
        ("GET", "/v1/clusters"),
        ("GET", f"/v1/clusters/{ID}"),
        ("POST", "/v1/clusters"),
        ("DELETE", f"/v1/clusters/{ID}"),
        ("POST", f"/v1/clusters/{ID}/actions"),
    ]:
        cloud.answer(method, path, answer)
    calls: list[Callable[[], object]] = [
        lambda: [repr(each) + str(each.to_dict()) for each in proxy.clusters(limit=2)],
        lambda: repr(proxy.get_cluster(ID)),
        lambda: repr(proxy.find_cluster("web")),
        lambda: repr(proxy.create_cluster(name="web")),
        lambda: repr(proxy.delete_cluster(ID)),
        lambda: proxy.check_cluster(ID)["action"].lower(),
        lambda: proxy.wait_for_status(proxy.get_cluster(ID), "ACTIVE", interval=0, wait=0.01),
    ]

    for call in calls:
        try:
            call()
        except ClientException as error:
            str(error)


@settings(
    max_examples=25,
    deadline=None,
    database=None,
    phases=QUICKLY,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.integers(200, 599),
    bodies
    | st.fixed_dictionaries(
        {"token": st.dictionaries(st.sampled_from(["catalog", "expires_at", "user"]), json_values)}
    ),
)
def test_any_reply_of_keystone_becomes_our_exception(cloud: Cloud, status: int, body: Any) -> None:
    token = {"X-Subject-Token": "t"} if status % 2 else {}
    json_type = {"Content-Type": "application/json"}
    cloud.answer("POST", "/v3/auth/tokens", Answer(status, body, token | json_type))

    with Connection(clouds=cloud.clouds()) as connection, pytest.raises(ClientException) as caught:
        connection.cluster  # noqa: B018

    assert str(caught.value)


@pytest.fixture
def fuzzed(cloud: Cloud) -> Iterator[tuple[Cloud, Proxy]]:
    # Retries would take long, and have their own tests.
    with Connection(clouds=cloud.clouds(status_code_retries=0)) as connection:
        yield cloud, connection.cluster


@pytest.mark.parametrize("page", [b"<h1>404 Not Found</h1>", b"default backend - 404", b"{}"])
def test_404_page_of_a_gateway_does_not_mean_a_missing_object(
    cloud: Cloud, proxy: Proxy, page: bytes
) -> None:
    for method in ("GET", "DELETE"):
        cloud.answer(method, f"/v1/clusters/{ID}", Answer(404, page))

    for call in (proxy.get_cluster, proxy.find_cluster, proxy.delete_cluster):
        with pytest.raises(exceptions.HttpError) as caught:
            call(ID)
        assert caught.value.status == 404
        assert not isinstance(caught.value, exceptions.ResourceNotFound)


@pytest.mark.parametrize(
    ("status", "content_type", "kind"),
    [
        (404, "text/html", exceptions.AuthenticationFailed),  # a wrong auth_url
        (400, "application/json", exceptions.AuthenticationFailed),  # a domain is missing
        (408, "application/json", exceptions.HttpError),
        (404, "application/json", exceptions.AuthenticationFailed),  # a revoked token
        (409, "application/json", exceptions.AuthenticationFailed),
        (429, "application/json", exceptions.TooManyRequests),
        (500, "application/json", exceptions.ServerError),
        (403, "application/json", exceptions.AuthenticationFailed),
    ],
)
def test_error_of_keystone_is_not_mistaken_for_senlins(
    cloud: Cloud, status: int, content_type: str, kind: type[exceptions.HttpError]
) -> None:
    body = error(status, "ResourceNotFound", "Of Keystone.")
    answer = Answer(status, body, {"Content-Type": content_type})
    cloud.answer("POST", "/v3/auth/tokens", answer)
    settings = cloud.clouds(clustering_endpoint_override=cloud.url)

    with Connection(clouds=settings) as connection, pytest.raises(kind) as caught:
        connection.cluster.delete_cluster(ID)

    assert type(caught.value) is kind
    assert str(caught.value).startswith(f"Keystone at {cloud.url}/v3 ")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(404, error(404, "ResourceNotFound", "No.")), exceptions.InvalidResponse),
        (Answer(200, b"<h1>Welcome</h1>"), exceptions.InvalidResponse),
        (Answer(200, {"versions": [{"id": "v3"}]}), exceptions.InvalidResponse),
        (Answer(300, {"versions": [{"id": "1", "max_version": "x"}]}), exceptions.InvalidResponse),
        (Answer(500, b""), exceptions.ServerError),
    ],
)
def test_invalid_version_document_is_an_error(
    cloud: Cloud, proxy: Proxy, answer: Answer, kind: type[exceptions.HttpError]
) -> None:
    cloud.answer("GET", "/", answer)

    with pytest.raises(kind) as caught:
        proxy.delete_cluster(ID)

    assert type(caught.value) is kind
    assert cloud.received() == []


def test_invalid_host_is_a_connection_failure(cloud: Cloud) -> None:
    settings = cloud.clouds(clustering_endpoint_override="http://a..b/", status_code_retries=0)

    with Connection(clouds=settings) as connection, pytest.raises(exceptions.ConnectFailure):
        connection.cluster.get_build_info()


@pytest.mark.parametrize(
    "body",
    [b"<h1>Welcome</h1>", b"{}", b"[]", b'{"token": 5}', b"[" * 100_000],
    ids=["HTML", "map", "list", "number", "deep"],
)
def test_login_to_another_server_than_keystone_has_failed(cloud: Cloud, body: bytes) -> None:
    cloud.answer("POST", "/v3/auth/tokens", Answer(200, body))

    with (
        Connection(clouds=cloud.clouds()) as connection,
        pytest.raises(exceptions.AuthenticationFailed, match="is not Keystone: see the auth_url"),
    ):
        connection.cluster.get_build_info()


def test_request_may_have_been_sent_if_tls_fails_during_the_reply() -> None:
    broken = urllib3.exceptions.SSLError(ssl.SSLError(1, "[SSL] record layer failure"))
    untrusted = urllib3.exceptions.SSLError(ssl.SSLCertVerificationError("certificate"))

    assert was_sent(requests.exceptions.SSLError(broken)) is True
    assert was_sent(requests.exceptions.SSLError(untrusted)) is False


def was_sent(error: Exception) -> bool:
    failed = failure.of_request(error, "POST x", "x")
    assert isinstance(failed, exceptions.ConnectFailure)
    return failed.sent


def test_long_message_is_truncated() -> None:
    message = sanitize("x" * 10**6)

    assert len(message) < 600
