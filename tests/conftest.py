"""The servers that tests run against; none is started before a test asks for it."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from sandbox import Sandbox
from sandbox.cache import lock
from sandbox.servers import NO_PROXY

# With pytest-xdist the workers share one sandbox: it is the controller's, which names its
# directory to them; the first that needs it starts it.
SHARED = pytest.StashKey[Path]()
OWNER = "sandbox_owner"
DIRECTORY = "sandbox_directory"

os.environ.update(NO_PROXY)  # the tests' clients, like the servers, speak to this machine only


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist which sandbox is shared."""
    stash = node.config.stash
    if SHARED not in stash:
        stash[SHARED] = Path(tempfile.gettempdir()) / f"senlin-sandbox-{uuid4().hex}"
    node.workerinput[DIRECTORY] = str(stash[SHARED])
    node.workerinput[OWNER] = os.getpid()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Stop what the workers have started; they have ended by now."""
    directory = session.config.stash.get(SHARED, None)
    if directory is None:
        return
    if directory.exists():
        Sandbox.attach(directory).down()
    directory.with_suffix(".lock").unlink(missing_ok=True)


@pytest.fixture(scope="session")
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A sandbox that all tests share, with an audit log: disturb only what is yours in it."""
    workerinput = getattr(request.config, "workerinput", None)
    if workerinput is None:
        with Sandbox.up(audit=True) as alone:
            alone.apply_crds()
            yield alone
        return
    directory = Path(workerinput[DIRECTORY])
    with lock(directory.with_suffix(".lock")):
        if directory.exists():
            shared = Sandbox.attach(directory)
        else:
            owner = workerinput[OWNER]
            shared = Sandbox.up(directory, audit=True, owner=owner, temporary=True)
            shared.apply_crds()
    yield shared


@pytest.fixture
def sandbox_of_its_own() -> Iterator[Sandbox]:
    """A sandbox for one test, which may stop its servers and set faults for all."""
    with Sandbox.up(audit=True) as own:
        own.apply_crds()
        yield own


@pytest.fixture
def namespace(sandbox: Sandbox) -> Iterator[str]:
    """A namespace for one test; it is deleted afterwards, and nobody waits for that."""
    name = f"test-{uuid4().hex[:10]}"
    body = {"metadata": {"name": name}}
    sandbox.kubernetes.call("POST", "/api/v1/namespaces", body)
    yield name
    path = f"/api/v1/namespaces/{name}"
    if sandbox.kubernetes.exists(path):
        sandbox.kubernetes.call("DELETE", path)
