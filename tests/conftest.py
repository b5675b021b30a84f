"""The servers that tests run against; none is started before a test asks for it."""

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from xdist.scheduler import LoadScopeScheduling

from deploy.image.archive import image_archive
from sandbox import Sandbox
from sandbox.pods.tools import obstacle
from sandbox.servers import NO_PROXY
from senlin_operator.kube.objects import GROUP
from senlin_operator.leader import Shard
from tests.health.judge import disagreements
from tests.operator.process import SharedOperator
from tools import debian
from tools.cache import lock

# Files whose tests share what is made once for all of them, such as servers: in a run by several
# workers of pytest-xdist, those of a group go to one worker, else each worker makes it again.
GROUPS = {
    "tests/chaos/test_outages.py": "outages",
    "tests/chart/test_leaving.py": "leaving",
    "tests/client/test_lists.py": "lists",
    "tests/contract/test_contract.py::test_contract[real": "contract",
    "tests/client/test_types.py": "types",
    "tests/clouds/": "clouds",
    "tests/observe/": "observe",
    "tests/programs/": "programs",
    "tests/operator/autoscaling/": "autoscaling",
    "tests/operator/test_repaired_senlin.py": "repaired",
    "tests/operator/test_tls.py": "tls",
    "tests/pods/test_dockerfile.py": "engine",
    "tests/pods/test_image.py": "image",
    "tests/sandbox/test_nova.py": "cloud",
    "tests/sandbox/test_proxy.py": "cloud",
    "tests/sandbox/test_senlin.py": "cloud",
    "tests/real/test_load_balancing.py": "real services",
    "tests/real/test_stacks.py": "real services",
    "tests/real/test_repaired.py": "real repaired",
    "tests/real/": "real",
    "tests/sandbox/test_real_cloud.py": "real cloud",
    "tests/sandbox/test_real_messages.py": "real messages",
    "tests/sandbox/test_real_services.py": "real services of the sandbox",
    "tests/sandbox/test_servers.py": "servers",
    "tests/sandbox/test_tls.py": "secure cloud",
    "tests/tenants/test_hostile_floods.py": "hostile floods",
    "tests/tenants/test_hostile_replies.py": "hostile replies",
    "tests/tenants/test_hostile_secrets.py": "hostile secrets",
}
# Tests that mostly wait for half a minute and longer begin early, so that none of them runs on when
# the other workers have nothing left to do.
LONG = (
    "tests/chart/pods/",
    "tests/chart/test_network.py",
    "tests/chaos/test_dead_engine.py",
    "tests/operator/test_cluster_health.py",
    "tests/operator/test_credentials.py",
    "tests/operator/test_leadership.py",
    "tests/operator/test_node_member.py",
    "tests/operator/test_operation.py",
    "tests/operator/test_pause.py",
    "tests/operator/test_samples.py",
    "tests/pages/pods/",
)
# With pytest-xdist the workers share what is started: it is the controller's, which names a
# directory to them; the first worker that needs a sandbox starts it there.
SHARED = pytest.StashKey[Path]()
CRASH_POINTS = pytest.StashKey[tuple[int, int]]()  # those that run, and all that were collected
THOROUGH = pytest.StashKey[int]()  # tests that only --all runs
EACH = 8  # crash points of a story, of which a sample has one; and the last
OWNER = "sandbox_owner"
DIRECTORY = "sandbox_directory"
EVERY = Shard()  # has all namespaces

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
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["crash_points"] = session.config.stash.get(CRASH_POINTS, (0, 0))
        output["thorough"] = session.config.stash.get(THOROUGH, 0)
    if shared := session.config.stash.get(SHARED, None):
        for settings in shared.glob("*/sandbox.json"):
            Sandbox.attach(settings.parent).down()
        shutil.rmtree(shared)


def pytest_addoption(parser: pytest.Parser) -> None:
    help_ = "run the thorough tests, too, and all crash points"
    parser.addoption("--all", action="store_true", help=help_)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """For --dist loadgroup: hand out each test by itself, but a group as a whole.

    pytest-xdist's own scheduler of that name renames the tests, which pytest 9 does not let it.
    """
    if config.getoption("dist") != "loadgroup":
        return None
    scheduler = LoadScopeScheduling(config, log)  # the largest group comes first
    scheduler._split_scope = group_of
    return scheduler


def group_of(nodeid: str) -> str:
    """Return the group of a test; by default, it is one by itself."""
    return next((group for path, group in GROUPS.items() if nodeid.startswith(path)), nodeid)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out most crash points, and thorough tests, unless the command line wants them."""
    points = [item for item in items if item.get_closest_marker("crash_points")]
    left_out: list[pytest.Item] = []
    if not config.getoption("all"):
        for _, of_a_story in itertools.groupby(points, lambda it: it.nodeid.partition("[")[0]):
            *but_the_last, _ = of_a_story
            left_out += [it for number, it in enumerate(but_the_last) if number % EACH]
    sampled = len(points) - len(left_out)
    thorough = [item for item in items if item.get_closest_marker("thorough")]
    if not config.getoption("all"):
        left_out += thorough
    if left_out:
        out = {id(item) for item in left_out}
        items[:] = [item for item in items if id(item) not in out]
        config.hook.pytest_deselected(items=left_out)
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))
    config.stash[CRASH_POINTS] = (sampled, len(points))
    config.stash[THOROUGH] = len(thorough)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a worker of pytest-xdist has counted; all of them collect the same."""
    output = getattr(node, "workeroutput", {})
    if counted := output.get("crash_points"):
        node.config.stash[CRASH_POINTS] = tuple(counted)
        node.config.stash[THOROUGH] = output["thorough"]


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out what cannot run on this machine; in CI it must run, and fails."""
    return True if collection_path.name in _left_out() else None


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    run, known = config.stash.get(CRASH_POINTS, (0, 0))
    if run < known:
        line = f"crash points: {run} of {known} sampled; make test-all runs all"
    elif known:
        line = f"crash points: all {known}"
    else:
        line = "crash points: none; make test runs a sample, make test-all runs all"
    terminalreporter.write_line(line)
    if (thorough := config.stash.get(THOROUGH, 0)) and not config.getoption("all"):
        terminalreporter.write_line(f"thorough: {thorough} left out; make test-all runs them")
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


def worker(config: pytest.Config) -> int:
    """Return which of pytest-xdist's workers this process is, from 0."""
    workerinput = getattr(config, "workerinput", None)
    return int(workerinput["workerid"].removeprefix("gw")) if workerinput else 0


def number_of_workers(config: pytest.Config) -> int:
    workerinput = getattr(config, "workerinput", None)
    return int(workerinput["workercount"]) if workerinput else 1


@pytest.fixture(scope="session")
def unserved(request: pytest.FixtureRequest) -> Shard:
    """The shard of the namespaces that none of the workers' shared operators serves."""
    workers = number_of_workers(request.config)
    return Shard(workers, workers + 1)


@pytest.fixture(scope="session")
def shared_operator(
    sandbox: Sandbox, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SharedOperator]:
    """The operator of all tests of this worker that need none of their own.

    At the end, kstatus and Argo CD must take each status that any operator has written until then
    for what it says. The fixture is here, as one that two folders import is two fixtures, and so
    two operators.
    """
    shard = Shard(worker(request.config), number_of_workers(request.config) + 1)
    operator = SharedOperator(sandbox, shard, tmp_path_factory.mktemp("shared") / "operator.log")
    yield operator
    operator.kill()
    # Whoever knows the URL of a receiver can start its action; only Secrets have any test's.
    shown = sandbox.kubectl("get", "senlin,events", "--all-namespaces", "--output=json")
    for text in (operator.log_of("", 0), shown, str(sandbox.audit(resource="senlinreceivers"))):
        assert "/webhooks/" not in text
    assert disagreements(statuses_written(sandbox)) == []


def statuses_written(sandbox: Sandbox) -> Iterator[Any]:
    """Yield the objects whose status an operator has written, as they were afterwards."""
    for entry in sandbox.audit(userAgent="senlin-operator", apiGroup=GROUP, subresource="status"):
        if entry["responseStatus"]["code"] == HTTPStatus.OK:
            yield entry["responseObject"]


@pytest.fixture
def namespace(sandbox: Sandbox, unserved: Shard) -> str:
    """A namespace for one test, without an operator."""
    return a_namespace(sandbox, unserved)


def a_namespace(sandbox: Sandbox, shard: Shard = EVERY) -> str:
    """Make a namespace of that shard, as short-lived as the sandbox; return its name.

    It is not deleted: that would never end where nobody is left who takes our finalizer off, and
    with a hundred of them Kubernetes has no time for anything else.
    """
    names = (f"test-{uuid4().hex[:10]}" for _ in itertools.count())
    name = next(name for name in names if shard.has(name))
    sandbox.kubernetes.call("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    return name
