"""Runs commands of `openstack cluster …` one after the other; prints what came of each, as JSON.

`test_senlinclient.py` runs it in the environment of python-senlinclient. With `ours`, only the
plugin's imports are changed, as docs/from-openstacksdk.md says: `from openstack import exceptions`
and `connection` become those of `openstack_clustering.sdk`.
"""

import contextlib
import importlib.abc
import importlib.machinery
import importlib.util
import io
import json
import logging
import re
import shlex
import sys
import time
from collections.abc import Sequence
from types import CodeType, ModuleType
from typing import Any

from openstack_clustering import Connection

PLUGIN = "senlinclient"
UNFINISHED = ["INIT", "WAITING", "READY", "RUNNING", "SUSPENDED", "WAITING_LIFECYCLE_COMPLETION"]
ID = re.compile(r"(?:\| id +\| |^)([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.MULTILINE)
PAUSE = 0.3  # seconds instead of the 5 between two polls of the plugin: the sandbox is fast


class ChangedImports(importlib.abc.MetaPathFinder):
    """Imports the plugin with `openstack_clustering.sdk` in the place of openstacksdk."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name.partition(".")[0] != PLUGIN:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec and isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            spec.loader = ChangedSource(spec.loader.name, spec.loader.path)
        return spec


class ChangedSource(importlib.machinery.SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType:
        source = self.get_source(fullname) or ""
        source = source.replace("from openstack import", "from openstack_clustering.sdk import")
        return compile(source, self.path, "exec")


def run(line: str) -> dict[str, Any]:
    """Run a command in this process; return its exit code and what it prints."""
    from openstackclient.shell import OpenStackShell
    from osc_lib.clientmanager import ClientManager

    logging.getLogger().handlers.clear()  # those of the last command
    words = shlex.split(line)
    before = 2 if words[0] == "--os-cloud" else 0
    if before and (known := vars(ClientManager).get("clustering")):
        known._handle = None  # the connection of the commands before, which is another user's
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = OpenStackShell().run([*words[:before], "cluster", *words[before:]])
        except SystemExit as exit_:  # of argparse
            code = exit_.code if isinstance(exit_.code, int) else 1
    return {"code": code, "out": out.getvalue(), "err": err.getvalue()}


def settle(connection: Connection) -> None:
    """Wait until all actions have ended, as the next command may need the same lock."""
    end = time.monotonic() + 60
    while list(connection.cluster.actions(status=UNFINISHED)) and time.monotonic() < end:
        time.sleep(0.05)


def main(variant: str, commands: Sequence[tuple[str, str, bool]]) -> None:
    if variant == "ours":
        sys.meta_path.insert(0, ChangedImports())
    sleep = time.sleep
    time.sleep = lambda seconds: sleep(min(float(seconds), PAUSE))
    kept: dict[str, str] = {}
    results = {}
    with Connection("blue") as connection:
        for line, keep, settled in commands:
            shown = re.sub(r"\{(\w+)\}", lambda match: kept.get(match[1], match[0]), line)
            results[line] = run(shown)
            if settled:
                settle(connection)
            if keep and (found := ID.search(results[line]["out"])):
                kept[keep] = found[1]
                kept[f"{keep}8"] = found[1][:8]
    print(json.dumps(results))


if __name__ == "__main__":
    main(sys.argv[1], json.load(sys.stdin))
