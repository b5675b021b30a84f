"""The proxy of the environment; tests/access has kubectl judge the same rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from senlin_operator.kube.proxies import BadProxy, checked, proxy_for

PROXY = {"HTTPS_PROXY": "http://proxy:3128"}
SERVERS = ("https://10.1.2.3:6443", "https://[fd00::1]:6443", "https://api.example.org")


@pytest.mark.parametrize(
    ("server", "entry", "proxied"),
    [
        pytest.param("https://10.1.2.3:6443", "10.0.0.0/8", False, id="network"),
        pytest.param("https://10.1.2.3:6443", "fd00::/8", True, id="network of the other family"),
        pytest.param("https://[fd00::1]:6443", "fd00::/8", False, id="network of IPv6"),
        pytest.param("https://[fd00::1]:6443", "[fd00::1]:6443", False, id="address with a port"),
        pytest.param("https://[fd00::1]:6443", "fd00:0::1", False, id="address written otherwise"),
        pytest.param("https://[::1]:6443", "", False, id="loopback of IPv6"),
        pytest.param("https://127.8.9.10", "", False, id="loopback"),
        pytest.param("https://localhost", "", False, id="localhost"),
        pytest.param("https://api.example.org", "example.org:443", False, id="the usual port"),
        pytest.param("https://API.example.org", "api.EXAMPLE.org", False, id="upper case"),
        pytest.param("https://example.org", ".example.org", True, id="a domain alone"),
    ],
)
def test_no_proxy(server: str, entry: str, proxied: bool) -> None:
    assert (proxy_for(server, {**PROXY, "NO_PROXY": entry}) is not None) == proxied


def test_the_proxy_is_that_of_the_scheme() -> None:
    environ = {**PROXY, "HTTP_PROXY": "plain:80"}

    assert proxy_for("https://api.example.org", environ) == "http://proxy:3128"
    assert proxy_for("http://api.example.org", environ) == "http://plain:80"


@given(st.sampled_from(SERVERS), st.text())
def test_any_text_is_read(server: str, text: str) -> None:
    assert proxy_for(server, {**PROXY, "NO_PROXY": text}) in (None, "http://proxy:3128")


@pytest.mark.parametrize(
    "address", ["socks5://user:secret@proxy", "http://user:secret@", "http://user:secret@a:b"]
)
def test_a_proxy_that_cannot_be_used_is_refused_without_its_password(address: str) -> None:
    with pytest.raises(BadProxy) as refused:
        checked(address, "HTTPS_PROXY")

    assert "secret" not in str(refused.value)
    assert "HTTPS_PROXY" in str(refused.value)
