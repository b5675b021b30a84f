"""The plugin of python-senlinclient goes on with `openstack_clustering.sdk`, command by command.

Each of its 60 commands runs with openstacksdk, at microversion 1.14, and with the client, each in a
sandbox of its own. What differs is in a table, with the reason.
"""

import json
import os
import re
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import distributions
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from sandbox import Sandbox
from tests.programs.commands import COMMANDS
from tests.programs.differences import DIFFERENCES
from tools.venvs import server_python, virtual_environment

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SLOW = 3  # seconds that the server of one node takes, so that its creation can be cancelled
COMMANDS_OF_THE_PLUGIN = 60
# The server has no reason to refuse the first; of the others the plugin prints the refusal, and
# ends with 0.
NEVER_REFUSED = {
    *("build info", "profile type list", "policy type list"),
    *("delete", "node delete"),
}
# The plugin itself fails, whoever answers: "cannot unpack non-iterable NoneType object".
NEVER_SUCCEEDS = {"node op"}

Result = dict[str, Any]  # `code`, `out` and `err`
Results = Mapping[str, Result]

# What is another in each run.
_CHANCE = (
    (re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "<id>"),
    (re.compile(r"\breq-<id>"), "<request>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z?"), "<time>"),
    (re.compile(r"\b1[67]\d{8}(?:\.\d+)?\b|\b\d{10}\.\d+\b"), "<seconds>"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "<project>"),
    (re.compile(r"\b[0-9a-f]{8}\b"), "<short>"),
    (re.compile(r"\b\d+\.\d+\.\d+\.\d+\b"), "<address>"),
    (re.compile(r"\bnode-[0-9A-Za-z]{8}\b"), "node-<random>"),
    (re.compile(r"\b([a-z_]+_)[0-9a-f]{8}\b"), r"\1<short>"),
    (re.compile(r"(?<=:)\d{4,5}\b"), "<port>"),
    (re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}"), "<mac>"),
)
# A refusal has the server's words in both; what is around them is openstacksdk's or the client's.
_AROUND = (
    (re.compile(r"\w+: \d+: (?:Client|Server) Error for url: \S+, "), ""),
    (re.compile(r" \(request id <request>\)"), ""),
)


# A creation and an update show the object while its action runs, however far that is.
_RUNNING = ("create ", "update ", "node create ", "node update ")
_VALUES = ("status", "status_reason", "created_at", "updated_at", "init_at", "node_ids", "data")
_IN_PROGRESS = re.compile(rf"^\| (?:{'|'.join(_VALUES)}|physical_id|dependents|index) \|.*\n", re.M)


def normal(line: str, text: str) -> str:
    """Return what a command has printed, without what is another in each run."""
    for pattern, instead in (*_CHANCE, *_AROUND):
        text = pattern.sub(instead, text)
    text = re.sub(r"-{2,}", "--", re.sub(r"[ \t]+", " ", text)).strip()
    return _IN_PROGRESS.sub("", text) if line.startswith(_RUNNING) else text


def compared(line: str, result: Result) -> Result:
    return {**result, "out": normal(line, result["out"]), "err": normal(line, result["err"])}


def run(variant: str) -> Results:
    """Run all commands in a sandbox of their own."""
    python = virtual_environment("senlinclient", ROOT / "requirements/cli.txt", server_python())
    with (
        Sandbox.up(kubernetes=False) as sandbox,
        sandbox.nova.slow_builds(SLOW, "slow-one"),
        TemporaryDirectory() as directory,
    ):
        server = sandbox.nova.boot("existing")["id"]
        clouds = {user: one_of(sandbox.clouds(user)) for user in ("blue-1", "admin")}
        clouds_yaml = Path(directory, "clouds.yaml")
        clouds_yaml.write_text(json.dumps({"clouds": {"blue": clouds["blue-1"], **clouds}}))
        environment = {key: it for key, it in os.environ.items() if not key.startswith("OS_")}
        environment |= {
            "OS_CLOUD": "blue",
            "OS_CLIENT_CONFIG_FILE": str(clouds_yaml),
            "PYTHONPATH": str(ROOT / "operator"),
            "PYTHONWARNINGS": "ignore",
            "COLUMNS": "500",
        }
        commands = [it._replace(line=it.line.replace("{physical}", server)) for it in COMMANDS]
        worker = [str(python / "bin/python"), "-P", str(HERE / "senlinclient_worker.py"), variant]
        done = subprocess.run(
            worker,
            env=environment,
            cwd=HERE / "files",
            input=json.dumps(commands),
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout.splitlines()[-1])
    return {it.line: results[sent.line] for it, sent in zip(COMMANDS, commands, strict=True)}


def one_of(document: Mapping[str, Any]) -> Any:
    (cloud,) = document["clouds"].values()
    return cloud


@pytest.fixture(scope="module")
def both() -> dict[str, tuple[Result, Result]]:
    """What each command does with openstacksdk, and with the client."""
    with ThreadPoolExecutor() as pool:
        theirs, ours = pool.map(run, ("openstacksdk", "ours"))
    return {line: (theirs[line], ours[line]) for line in theirs}


@pytest.mark.parametrize("line", [command.line for command in COMMANDS])
def test_command_does_the_same_or_better(line: str, both: dict[str, tuple[Result, Result]]) -> None:
    theirs, ours = (compared(line, result) for result in both[line])
    difference = DIFFERENCES.get(line)

    if difference is None:
        assert ours == theirs
        return
    assert ours != theirs, "this difference is in the table needlessly"
    assert (theirs["code"], ours["code"]) == difference.codes
    assert difference.theirs in theirs["out"] + theirs["err"]
    assert difference.ours in ours["out"] + ours["err"]


def test_no_difference_is_for_the_worse() -> None:
    assert {it.codes for it in DIFFERENCES.values()} <= {(0, 0), (0, 1), (1, 1)}
    assert DIFFERENCES.keys() <= {command.line for command in COMMANDS}


def test_each_command_of_the_plugin_succeeds_and_is_refused(
    both: dict[str, tuple[Result, Result]],
) -> None:
    python = virtual_environment("senlinclient", ROOT / "requirements/cli.txt", server_python())
    (plugin,) = distributions(
        name="python-senlinclient", path=[str(it) for it in python.glob("lib/*/site-packages")]
    )
    names = [
        it.name.removeprefix("cluster_").replace("_", " ")
        for it in plugin.entry_points.select(group="openstack.clustering.v1")
    ]
    codes: dict[str, set[int]] = {
        name: {ours["code"] for line, (_, ours) in both.items() if is_of(line, name)}
        for name in names
    }

    assert len(names) == COMMANDS_OF_THE_PLUGIN
    assert {name for name in names if 0 not in codes[name]} == NEVER_SUCCEEDS
    assert {name for name in names if codes[name] == {0}} == NEVER_REFUSED


def is_of(line: str, name: str) -> bool:
    """Whether a line is of the command, and not of a longer one, as `list` and `policy list`."""
    return f" {line.partition('--os-cloud admin ')[2] or line} ".startswith(f" {name} ")
