"""Replies of any size, of any slowness, and from anywhere: what a hostile server can do."""

import gzip
import socket
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from openstack_clustering import Connection, Proxy, exceptions
from openstack_clustering import _exchange as exchange
from tests.unit.client import fake_cloud
from tests.unit.client.fake_cloud import ID, Answer, Cloud, cluster
from tests.unit.client.raw_server import Pieces, answering, slowly

MEBIBYTE = 2**20
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def login(url: str, **options: Any) -> None:
    """Log in to a Keystone at an address."""
    auth = {
        "auth_url": f"{url}/v3",
        "username": "u",
        "user_domain_name": "Default",
        "password": "secret",
        "project_name": "p",
        "project_domain_name": "Default",
    }
    with Connection(clouds={"clouds": {"test": {"auth": auth}}}, **options) as connection:
        connection.cluster  # noqa: B018


@contextmanager
def senlin_at(cloud: Cloud, url: str, **options: Any) -> Iterator[Proxy]:
    """Yield the clustering service at an address, with a login that works."""
    settings = cloud.clouds(clustering_endpoint_override=url, status_code_retries=0)
    with Connection(clouds=settings, **options) as connection:
        yield connection.cluster


def ask(cloud: Cloud, url: str, *, at_login: bool, **options: Any) -> None:
    """Log in at an address, or log in elsewhere and ask the Senlin there."""
    if at_login:
        login(url, **options)
        return
    with senlin_at(cloud, url, **options) as proxy:
        proxy.get_build_info()


def packed(size: int) -> bytes:
    return gzip.compress(b" " * size)


def whole(body: bytes, headers: bytes = b"") -> Pieces:
    head = OK + headers + b"Content-Length: %d\r\n\r\n" % len(body)
    return lambda _: (head, body)


def chunked(body: bytes, headers: bytes = b"") -> Pieces:
    head = OK + headers + b"Transfer-Encoding: chunked\r\n\r\n"
    return lambda _: (head, b"%x\r\n" % len(body), body, b"\r\n0\r\n\r\n")


def until_closed(body: bytes, headers: bytes = b"") -> Pieces:
    return lambda _: (OK, headers, b"\r\n", body)


@pytest.mark.parametrize("framed", [whole, chunked, until_closed])
@pytest.mark.parametrize("at_login", [True, False])
@pytest.mark.parametrize("is_packed", [True, False])
def test_a_large_reply_is_not_read_to_its_end(
    cloud: Cloud, framed: Callable[..., Pieces], at_login: bool, is_packed: bool
) -> None:
    """100 MiB are 100 kB when packed."""
    body = packed(100 * MEBIBYTE) if is_packed else b" " * (3 * MEBIBYTE)
    pieces = framed(body, b"Content-Encoding: gzip\r\n" if is_packed else b"")
    tracemalloc.start()
    try:
        with answering(pieces) as url, pytest.raises(exceptions.InvalidResponse) as caught:
            ask(cloud, url, at_login=at_login)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert str(caught.value).endswith(": the reply (200) has more than 1 MiB.")
    assert peak < 16 * MEBIBYTE


def test_the_error_of_a_large_reply_does_not_keep_it(cloud: Cloud) -> None:
    """Whoever keeps an error keeps all that was in the frames of its traceback."""
    pieces = whole(packed(100 * MEBIBYTE), b"Content-Encoding: gzip\r\n")
    tracemalloc.start()
    try:
        with answering(pieces) as url, pytest.raises(exceptions.InvalidResponse) as kept:
            ask(cloud, url, at_login=False, max_reply_size=32 * MEBIBYTE)
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert kept.value.__traceback__
    assert size < 8 * MEBIBYTE


def test_a_list_may_be_larger_than_other_replies(cloud: Cloud) -> None:
    padded = {"clusters": [cluster(data="x" * 3 * MEBIBYTE)]}
    cloud.answer("GET", "/v1/clusters", Answer(body=padded))
    cloud.answer("GET", f"/v1/clusters/{ID}", Answer(body={"cluster": padded["clusters"][0]}))

    with Connection(clouds=cloud.clouds()) as connection:
        assert len(list(connection.cluster.clusters())) == 1
        with pytest.raises(exceptions.InvalidResponse, match="has more than 1 MiB"):
            connection.cluster.get_cluster(ID)


def test_the_limits_are_options(cloud: Cloud) -> None:
    padded = cluster(data="x" * MEBIBYTE)
    cloud.answer("GET", "/v1/clusters", Answer(body={"clusters": [padded] * 3}))
    cloud.answer("GET", f"/v1/clusters/{ID}", Answer(body={"cluster": padded}))
    size = 2 * MEBIBYTE

    with Connection(clouds=cloud.clouds(), max_list_size=size, max_reply_size=size) as connection:
        assert connection.cluster.get_cluster(ID).name == "web"
        with pytest.raises(exceptions.InvalidResponse, match="has more than 2 MiB"):
            list(connection.cluster.clusters())


def test_a_guard_of_replies_counts_them_and_may_refuse_them(cloud: Cloud) -> None:
    padded = cluster(data="x" * (MEBIBYTE // 2))
    cloud.answer("GET", "/v1/clusters", Answer(body={"clusters": [padded]}))
    counted = 0

    def guard(count: int) -> str:
        nonlocal counted
        counted += count
        return "what nobody likes" if counted > MEBIBYTE else ""

    with Connection(clouds=cloud.clouds(), reply_guard=guard) as connection:
        assert len(list(connection.cluster.clusters())) == 1
        assert counted > MEBIBYTE // 2
        with pytest.raises(exceptions.InvalidResponse, match="has what nobody likes"):
            list(connection.cluster.clusters())


def test_a_connection_is_used_again_after_a_packed_reply(cloud: Cloud, proxy: Proxy) -> None:
    body = gzip.compress(b'{"build_info": {}}')
    cloud.answer("GET", "/v1/build-info", Answer(200, body, {"Content-Encoding": "gzip"}))

    proxy.get_build_info()
    proxy.get_build_info()

    assert {it.headers["Accept-Encoding"] for it in cloud.requests} == {"gzip"}
    assert len({it.headers["Host"] for it in cloud.requests}) == 1


@pytest.mark.parametrize("encoding", ["deflate", "br", "zstd", "gzip, gzip", "nonsense"])
@pytest.mark.parametrize("at_login", [True, False])
def test_an_encoding_that_was_not_asked_for_is_refused(
    cloud: Cloud, encoding: str, at_login: bool
) -> None:
    pieces = whole(b"{}", b"Content-Encoding: %s\r\n" % encoding.encode())

    with answering(pieces) as url, pytest.raises(exceptions.InvalidResponse) as caught:
        ask(cloud, url, at_login=at_login)

    assert "has a Content-Encoding that was not asked for" in str(caught.value)
    assert f" {caught.value.url}: " in str(caught.value)  # for those who shorten other addresses


@pytest.mark.parametrize("at_login", [True, False])
@pytest.mark.parametrize(
    "pieces",
    [
        slowly(b"", b"H"),
        slowly(b"HTTP/1.1 ", b"1"),
        slowly(OK, b"X"),
        slowly(OK, b"X: 1\r\n"),
        slowly(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        slowly(OK + b"Content-Length: 1000\r\n\r\n", b" "),
        slowly(OK + b"\r\n", b" "),
        slowly(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
        slowly(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        slowly(OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: 1\r\n"),
        slowly(OK + b"Content-Encoding: gzip\r\nContent-Length: 900\r\n\r\n", b"\x1f\x8b"[:1]),
    ],
    ids=range(11),
)
def test_a_reply_in_drips_is_given_up(cloud: Cloud, pieces: Pieces, at_login: bool) -> None:
    """Each wait is short, and the whole is longer than the timeout."""
    with answering(pieces) as url, pytest.raises(exceptions.RequestTimeout) as caught:
        ask(cloud, url, at_login=at_login, timeout=0.2)

    assert caught.value.sent is not at_login


def test_a_handshake_that_never_ends_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(exceptions.RequestTimeout) as caught:
            login(f"https://127.0.0.1:{port}", timeout=0.2)

    assert caught.value.sent is False


def test_a_name_with_many_addresses_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its owner may name a thousand, none of which answers."""
    full, waiting = a_full_server()
    addresses = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"127.0.0.{n}", 1)) for n in range(9)]
    monkeypatch.setattr(
        exchange.LimitedConnection, "_addresses", lambda _: ["127.0.0.1"] * len(addresses)
    )
    try:
        with pytest.raises(exceptions.RequestTimeout):
            login(f"http://127.0.0.1:{full.getsockname()[1]}", timeout=0.2)
    finally:
        for each in (full, *waiting):
            each.close()


def a_full_server() -> tuple[socket.socket, list[socket.socket]]:
    """Return a server that accepts no connection, and what fills its queue."""
    server = socket.create_server(("127.0.0.1", 0), backlog=0)
    waiting = [socket.socket() for _ in range(4)]
    for each in waiting:
        each.setblocking(False)
        each.connect_ex(server.getsockname())
    return server, waiting


def test_before_request_is_not_asked_while_there_is_no_connection(cloud: Cloud) -> None:
    """Else a write might begin long after it was allowed."""
    asked: list[str] = []
    full, waiting = a_full_server()
    try:
        url = f"http://127.0.0.1:{full.getsockname()[1]}"
        with (
            senlin_at(cloud, url, timeout=0.2, before_request=asked.append) as proxy,
            pytest.raises(exceptions.RequestTimeout) as caught,
        ):
            proxy.get_build_info()
    finally:
        for each in (full, *waiting):
            each.close()

    assert asked == []
    assert caught.value.sent is False


def test_a_request_that_before_request_refuses_is_not_sent(cloud: Cloud) -> None:
    """It is asked with the connection there, so that nothing but the bytes is left to send."""

    class Refusal(Exception):
        pass

    def refuse(_: str) -> None:
        raise Refusal

    received: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            connection, _ = server.accept()
            with connection:
                received.append(connection.recv(100))

        thread = threading.Thread(target=accept)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        with (
            senlin_at(cloud, url, before_request=refuse) as proxy,
            pytest.raises(Refusal),
        ):
            proxy.get_build_info()
        thread.join()

    assert received == [b""]


def test_what_the_other_machine_does_not_accept_is_not_sent_later() -> None:
    limits = exchange.Exchange(deadline=float("inf"), limit=1, connect_timeout=4.0)
    with socket.create_server(("127.0.0.1", 0)) as server, exchange.limited(limits):
        connection = exchange.LimitedConnection(*server.getsockname(), timeout=4.0)
        connection.connect()

        option = connection.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
        connection.close()

    assert option == 4000


class Guard:
    def __init__(self, *refused: str) -> None:
        self.asked: list[tuple[str, str | None, int]] = []
        self._refused = refused

    def __call__(self, host: str, address: str | None, port: int) -> None:
        self.asked.append((host, address, port))
        if address in self._refused or host in self._refused:
            raise exceptions.ConfigException("Not there.")


def test_the_guard_is_asked_before_each_connection(cloud: Cloud) -> None:
    guard, port = Guard(), int(cloud.url.rpartition(":")[2])
    cloud.answer("GET", "/v1/build-info", Answer(body={"build_info": {}}))
    by_name = cloud.url.replace("127.0.0.1", "localhost")

    with senlin_at(cloud, by_name, connect_guard=guard) as proxy:
        proxy.get_build_info()

    assert guard.asked[0] == ("127.0.0.1", "127.0.0.1", port)
    assert ("localhost", "127.0.0.1", port) in guard.asked


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1"])
def test_an_address_that_the_guard_refuses_is_not_connected_to(cloud: Cloud, host: str) -> None:
    guard = Guard("127.0.0.1", "::1")

    with pytest.raises(exceptions.ConfigException, match="Not there"):
        login(cloud.url.replace("127.0.0.1", host), connect_guard=guard)

    assert cloud.requests == []
    assert guard.asked[-1][:2] == (host, "127.0.0.1")


def test_the_guard_holds_for_discovery_and_requests(cloud: Cloud) -> None:
    """A catalogue may lead elsewhere than the login."""
    with fake_cloud.running() as inner:
        port = int(inner.url.rpartition(":")[2])

        def guard(_: str, __: str | None, to: int) -> None:
            if to == port:
                raise exceptions.ConfigException("Not there.")

        with (
            senlin_at(cloud, inner.url, connect_guard=guard) as proxy,
            pytest.raises(exceptions.ConfigException, match="Not there"),
        ):
            proxy.get_build_info()

        assert inner.requests == []


def test_a_proxy_is_the_administrators_but_the_host_behind_it_is_not(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard = Guard("169.254.169.254", "127.0.0.1")
    monkeypatch.setenv("http_proxy", cloud.url)

    login("http://keystone.invalid:5000", connect_guard=guard)
    with pytest.raises(exceptions.ConfigException, match="Not there"):
        login("http://169.254.169.254", connect_guard=guard)

    assert guard.asked == [("keystone.invalid", None, 5000), ("169.254.169.254", None, 80)]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_login_follows_no_redirect_to_another_server(cloud: Cloud, status: int) -> None:
    """keystoneauth1 would repeat the request there, with the password in its body."""
    with fake_cloud.running() as other:
        elsewhere = {"Location": f"{other.url}/v3/auth/tokens"}
        cloud.answer("POST", "/v3/auth/tokens", Answer(status, b"", elsewhere))

        with pytest.raises(exceptions.ConfigException) as caught:
            login(cloud.url)

        assert other.requests == []
    assert str(caught.value) == (
        "The server at http://127.0.0.1 redirects to another server, which is not followed: the "
        "address of that server is needed instead."
    )


def test_a_login_follows_a_redirect_within_its_server(cloud: Cloud) -> None:
    here = {"Location": f"{cloud.url}/v3/auth/tokens"}
    cloud.answer("POST", "/v3/v3/auth/tokens", Answer(307, b"", here))

    settings = cloud.clouds()
    settings["clouds"]["test"]["auth"]["auth_url"] = f"{cloud.url}/v3/v3"
    with Connection(clouds=settings) as connection:
        assert connection.cluster

    assert [it.path for it in cloud.requests] == ["/v3/v3/auth/tokens", "/v3/auth/tokens"]
