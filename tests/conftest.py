"""The servers that tests run against; none is started before a test asks for it."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from deploy.image.archive import image_archive
from sandbox import Sandbox
from sandbox.pods.tools import obstacle
from sandbox.servers import NO_PROXY
from tools import debian
from tools.cache import lock

# With pytest-xdist the workers share what is started: it is the controller's, which names a
# directory to them; the first worker that needs a sandbox starts it there.
SHARED = pytest.StashKey[Path]()
OWNER = "sandbox_owner"
DIRECTORY = "sandbox_directory"

os.environ.update(NO_PROXY)  # the tests' clients, like the servers, speak to this machine only


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where what is shared is."""
    stash = node.config.stash
    if SHARED not in stash:
        stash[SHARED] = Path(tempfile.mkdtemp(prefix="senlin-sandboxes-"))
    node.workerinput[DIRECTORY] = str(stash[SHARED])
    node.workerinput[OWNER] = os.getpid()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Stop what the workers have started; they have ended by now."""
    if shared := session.config.stash.get(SHARED, None):
        for settings in shared.glob("*/sandbox.json"):
            Sandbox.attach(settings.parent).down()
        shutil.rmtree(shared)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out what cannot run on this machine; in CI it must run, and fails."""
    return True if collection_path.name in _left_out() else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for folder, reason in _left_out().items():
        line = f"Left out: all tests in folders called {folder}, which cannot run here: {reason}"
        terminalreporter.write_line(line)


def _left_out() -> dict[str, str]:
    """Return how the folders are called that cannot run here, with the reasons."""
    if os.environ.get("CI") == "true":
        return {}
    reasons = {"observe": debian.obstacle(), "pods": obstacle()}
    return {name: reason for name, reason in reasons.items() if reason}


@contextmanager
def shared_sandbox(config: pytest.Config, name: str, **options: Any) -> Iterator[Sandbox]:
    """Start a sandbox that all workers share, or join it."""
    workerinput = getattr(config, "workerinput", None)
    if workerinput is None:
        with started(**options) as alone:
            yield alone
        return
    directory = Path(workerinput[DIRECTORY]) / name
    with lock(directory.with_suffix(".lock")):
        if directory.exists():
            shared = Sandbox.attach(directory)
        else:
            owner = workerinput[OWNER]
            shared = started(directory, owner=owner, temporary=True, **options)
    yield shared


def started(directory: Path | None = None, **options: Any) -> Sandbox:
    """Start a sandbox as the tests need it: with an audit log, CRDs, and the operator's image."""
    sandbox = Sandbox.up(directory, audit=True, **options)
    with sandbox.inside():
        sandbox.apply_crds()
    if options.get("pods"):
        sandbox.import_image(image_archive())
    return sandbox


@pytest.fixture(scope="session")
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A sandbox that all tests share, with an audit log: disturb only what is yours in it."""
    with shared_sandbox(request.config, "sandbox") as shared:
        yield shared


@pytest.fixture
def sandbox_of_its_own() -> Iterator[Sandbox]:
    """A sandbox for one test, which may stop its servers and set faults for all."""
    with started() as own:
        yield own


@pytest.fixture
def namespace(sandbox: Sandbox) -> str:
    """A namespace for one test."""
    return a_namespace(sandbox)


def a_namespace(sandbox: Sandbox) -> str:
    """Make a namespace, which is as short-lived as the sandbox; return its name.

    It is not deleted: that would never end where nobody is left who takes our finalizer off, and
    with a hundred of them Kubernetes has no time for anything else.
    """
    name = f"test-{uuid4().hex[:10]}"
    sandbox.kubernetes.call("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    return name
