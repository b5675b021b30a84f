"""A real API server, two forward proxies before it, and what kubeconfigs are made of."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from sandbox import Sandbox
from tests.access.forward_proxy import ForwardProxy, forward_proxy
from tests.access.kubeconfigs import Parts
from tests.conftest import a_namespace
from tests.operator.rights import operator_account


@pytest.fixture(scope="session")
def proxy(sandbox: Sandbox) -> Iterator[ForwardProxy]:
    with forward_proxy(sandbox.kubernetes.url) as running:
        yield running


@pytest.fixture(scope="session")
def secured_proxy(sandbox: Sandbox) -> Iterator[ForwardProxy]:
    with forward_proxy(sandbox.kubernetes.url, password="user:pass word") as running:
        yield running


@pytest.fixture(scope="session")
def token(sandbox: Sandbox) -> str:
    """Return the token of a service account."""
    namespace = a_namespace(sandbox)
    account, *_ = operator_account(namespace)
    sandbox.kubectl("apply", "-n", namespace, "-f", "-", input=yaml.safe_dump(account))
    name = account["metadata"]["name"]
    kubeconfig = sandbox.service_account_kubeconfig(namespace, name)
    return str(yaml.safe_load(kubeconfig.read_text())["users"][0]["user"]["token"])


@pytest.fixture
def parts(
    sandbox: Sandbox, token: str, proxy: ForwardProxy, secured_proxy: ForwardProxy, tmp_path: Path
) -> Parts:
    admin = yaml.safe_load(sandbox.kubeconfig.read_text())
    directory = tmp_path / "kube"
    directory.mkdir()
    return Parts(directory, admin, token, proxy.address, secured_proxy.address)
