"""HTTPS_PROXY, HTTP_PROXY and NO_PROXY mean to the operator what they mean to kubectl."""

import os
from pathlib import Path
from unittest import mock

import pytest

from sandbox import Sandbox
from senlin_operator.kube.client import KubeClient, KubeError
from tests.access.forward_proxy import ForwardProxy
from tests.access.judge import REFUSED, environment, kubectl, operator
from tests.access.kubeconfigs import Parts, document, written

# Nobody answers at either address; only the proxy leads on.
ADDRESS, NAME = "https://0.0.0.0:6443", "https://api.kubernetes.invalid:6443"
NO_PROXY = [
    (ADDRESS, ""),
    (ADDRESS, "10.0.0.0/8,192.168.0.0/16,.svc,.cluster.local,localhost,127.0.0.1"),
    (ADDRESS, "10.0.0.0/8, 0.0.0.0/8"),
    (ADDRESS, "0.1.2.3/8"),
    (ADDRESS, "0.0.0.0/0.0.0.0"),
    (ADDRESS, "0.0.0.0/33"),
    (ADDRESS, "::/0"),
    (ADDRESS, "0.0.0.0"),
    (ADDRESS, "0.0.0.0:6443"),
    (ADDRESS, "0.0.0.0:443"),
    (ADDRESS, "::ffff:0.0.0.0"),
    (ADDRESS, "[::ffff:0.0.0.0]:6443"),
    (ADDRESS, "0.0"),
    (ADDRESS, ".0"),
    (ADDRESS, "*"),
    (ADDRESS, "elsewhere,*"),
    (NAME, "10.0.0.0/8"),
    (NAME, "*"),
    (NAME, "*:6443"),
    (NAME, "kubernetes.invalid"),
    (NAME, ".kubernetes.invalid"),
    (NAME, "*.kubernetes.invalid"),
    (NAME, "api.kubernetes.invalid"),
    (NAME, ".api.kubernetes.invalid"),
    (NAME, "ernetes.invalid"),
    (NAME, "API.Kubernetes.INVALID"),
    (NAME, "kubernetes.invalid:6443"),
    (NAME, ".kubernetes.invalid:443"),
    (NAME, ":6443"),
    (NAME, "invalid"),
    (NAME, " , ,kubernetes.invalid "),
]


@pytest.mark.parametrize(("server", "no_proxy"), NO_PROXY)
async def test_no_proxy(
    server: str,
    no_proxy: str,
    parts: Parts,
    proxy: ForwardProxy,
    sandbox: Sandbox,
    tmp_path: Path,
) -> None:
    kubeconfig = by_name(parts, server)
    environ = environment(tmp_path, HTTPS_PROXY=f"http://{proxy.address}", NO_PROXY=no_proxy)

    assert await operator(kubeconfig, environ) == kubectl(sandbox, kubeconfig, environ)


@pytest.mark.parametrize(
    ("environ", "proxied"),
    [
        ({"HTTPS_PROXY": "http://PROXY"}, True),
        ({"https_proxy": "PROXY"}, True),
        ({"HTTPS_PROXY": "", "https_proxy": "http://PROXY"}, True),
        ({"HTTPS_PROXY": "http://PROXY", "https_proxy": "http://127.0.0.1:1"}, True),
        ({"HTTPS_PROXY": "http://127.0.0.1:1", "https_proxy": "http://PROXY"}, False),
        ({"HTTP_PROXY": "http://PROXY"}, False),
        ({"ALL_PROXY": "http://PROXY"}, False),
        ({"HTTPS_PROXY": "http://PROXY", "no_proxy": "invalid"}, False),
        ({"HTTPS_PROXY": "http://PROXY", "no_proxy": "invalid", "NO_PROXY": "other"}, True),
        ({"HTTPS_PROXY": "http://user:pass%20word@SECURED"}, True),
        ({"HTTPS_PROXY": "http://SECURED"}, False),
        ({"HTTPS_PROXY": "http://"}, False),
    ],
)
async def test_the_variables(
    environ: dict[str, str], proxied: bool, parts: Parts, sandbox: Sandbox, tmp_path: Path
) -> None:
    kubeconfig = by_name(parts, NAME)
    given = {
        name: value.replace("PROXY", parts.proxy).replace("SECURED", parts.secured)
        for name, value in environ.items()
    }
    environ = environment(tmp_path, **given)

    found = await operator(kubeconfig, environ)

    assert found == kubectl(sandbox, kubeconfig, environ)
    assert (found != REFUSED) == proxied


async def test_a_proxy_that_speaks_no_http_is_refused_with_a_sentence(
    parts: Parts, tmp_path: Path
) -> None:
    """kubectl knows SOCKS, and takes any other scheme for http; aiohttp does neither."""
    kubeconfig = str(by_name(parts, NAME))
    for scheme in ("socks5", "ftp"):
        given = environment(tmp_path, HTTPS_PROXY=f"{scheme}://user:secret@{parts.proxy}")
        with (
            mock.patch.dict(os.environ, given, clear=True),
            pytest.raises(KubeError, match=f"HTTPS_PROXY names a proxy of the scheme {scheme};"),
        ):
            await KubeClient.connect(kubeconfig, {})


async def test_what_is_on_this_machine_is_never_proxied(
    parts: Parts, proxy: ForwardProxy, sandbox: Sandbox, tmp_path: Path
) -> None:
    kubeconfig = written(parts.directory, parts.admin)
    environ = environment(tmp_path, HTTPS_PROXY=f"http://{proxy.address}")
    before = len(proxy.targets)

    assert await operator(kubeconfig, environ) == kubectl(sandbox, kubeconfig, environ) != REFUSED
    assert len(proxy.targets) == before


async def test_a_proxy_of_the_kubeconfig_has_no_exceptions(
    parts: Parts, sandbox: Sandbox, tmp_path: Path
) -> None:
    kubeconfig = by_name(parts, NAME, **{"proxy-url": f"http://{parts.proxy}"})
    environ = environment(tmp_path, HTTPS_PROXY="http://127.0.0.1:1", NO_PROXY="*")

    assert await operator(kubeconfig, environ) == kubectl(sandbox, kubeconfig, environ) != REFUSED


def by_name(parts: Parts, server: str, **cluster: str) -> Path:
    """Write a kubeconfig for a server that is known by another name."""
    named = {**parts.cluster, "server": server, "tls-server-name": "localhost", **cluster}
    return written(parts.directory, document(named, {"token": parts.token}))
