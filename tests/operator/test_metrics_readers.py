"""Who may read the metrics: a real API server reviews real tokens."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial

import pytest
import requests

from sandbox import Sandbox
from sandbox.control import fetch
from sandbox.settings import LOOPBACK, free_port
from senlin_operator.kube.client import KubeClient
from senlin_operator.kube.reviews import Reviews
from senlin_operator.telemetry.exposition import MetricsPage
from senlin_operator.telemetry.server import Port, serve
from tests.operator.rights import metrics_reader, metrics_token, token_of

# Not the loop's own, in which it resolves host names.
THREADS = ThreadPoolExecutor(20)


@pytest.fixture
def reader(sandbox: Sandbox, namespace: str) -> str:
    """The token of the account that the chart makes for Prometheus."""
    sandbox.kubectl("create", "serviceaccount", namespace, f"--namespace={namespace}")
    metrics_reader(sandbox, namespace)
    return metrics_token(sandbox, namespace)


@asynccontextmanager
async def served(sandbox: Sandbox, namespace: str, account: str) -> AsyncIterator[str]:
    """Serve metrics, with Kubernetes asked by that account; yield the URL."""
    kubeconfig = sandbox.service_account_kubeconfig(namespace, account)
    kube = await KubeClient.connect(str(kubeconfig), {})
    port = free_port()
    stop = serve([Port(LOOPBACK, port, {"/metrics": MetricsPage(Reviews(kube))})])
    yield f"http://{LOOPBACK}:{port}/metrics"
    stop()
    await kube.close()


async def read(url: str, authorization: str | None) -> requests.Response:
    headers = {"Authorization": authorization} if authorization else {}
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(THREADS, partial(fetch, "GET", url, headers=headers))


async def test_whoever_may_get_metrics_reads_them(
    sandbox: Sandbox, namespace: str, reader: str
) -> None:
    stranger = token_of(sandbox, namespace, "default")

    async with served(sandbox, namespace, namespace) as url:
        nobody = await read(url, None)
        by_password = await read(url, "Basic dXNlcjpwYXNzd29yZA==")
        unknown = await read(url, f"Bearer {reader[:-4]}AAAA")
        forbidden = await read(url, f"Bearer {stranger}")
        readers = await asyncio.gather(*(read(url, f"bearer {reader}") for _ in range(20)))

    assert [it.status_code for it in (nobody, by_password, unknown)] == [401, 401, 401]
    assert nobody.headers["WWW-Authenticate"] == "Bearer"
    assert unknown.text == "Kubernetes does not know the bearer token\n"
    who = f"system:serviceaccount:{namespace}:default"
    assert (forbidden.status_code, forbidden.text) == (403, f"{who} may not get /metrics\n")
    assert {it.status_code for it in readers} == {200}
    assert "workqueue_depth" in readers[0].text
    asked = sandbox.audit(user=f"system:serviceaccount:{namespace}:{namespace}")
    assert Counter(it["objectRef"]["resource"] for it in asked) == {
        "tokenreviews": 3,  # of each token once
        "subjectaccessreviews": 2,
    }


async def test_without_the_right_to_ask_it_says_so(
    sandbox: Sandbox, namespace: str, reader: str
) -> None:
    """As on a workstation, with the rights of a person."""
    async with served(sandbox, namespace, "default") as url:
        reply = await read(url, f"Bearer {reader}")

    assert reply.status_code == 503
    assert 'cannot create resource "tokenreviews"' in reply.text
    assert "if the setting metrics-authentication is none" in reply.text
    assert reader not in reply.text
