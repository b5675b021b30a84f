"""The command: `python -m sandbox build | up | down | status | env | shell`."""

import argparse
import os
import shlex
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import get_args

from sandbox.binaries import cyclonus_binary, health_binary, kube_state_metrics_binary
from sandbox.pods.tools import obstacle
from sandbox.prometheus import prometheus_programs
from sandbox.real.services import DEFAULT, OPTIONAL
from sandbox.sandbox import Sandbox, prepare
from sandbox.settings import CloudName, SenlinName
from tools import debian
from tools.helm import helm_binary
from tools.progress import say, step
from tools.run import ToolError

REPOSITORY = Path(__file__).parents[1]
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
DEFAULT_DIRECTORY = Path(".sandbox")


def build(arguments: argparse.Namespace) -> None:
    """Build and install what a sandbox needs, and what pods need if they can run here."""
    with step("All programs are there"):
        prepare(pods=obstacle() is None)
        if arguments.cloud == "real":
            prepare(kubernetes=False, cloud="real")
        helm_binary()
        cyclonus_binary()
        health_binary()
        kube_state_metrics_binary()
        if debian.obstacle() is None:
            prometheus_programs()


def up(arguments: argparse.Namespace) -> None:
    """Start a sandbox that runs until `down`."""
    with step("The sandbox is up"):
        Sandbox.up(
            arguments.dir,
            audit=arguments.audit,
            pods=arguments.pods,
            cloud=arguments.cloud,
            only=arguments.only,
            senlin=arguments.senlin,
            lasting=True,
        )
    elsewhere = "" if Path.cwd() == REPOSITORY else f"PYTHONPATH={_shown(REPOSITORY)} "
    call = f"{elsewhere}{_shown(Path(sys.executable))} -m sandbox"
    place = "" if arguments.dir == DEFAULT_DIRECTORY else f" --dir {_shown(arguments.dir)}"
    use = f"{call} shell{place}" if arguments.pods else f'eval "$({call} env{place})"'
    say(f"To use it: {use}")
    say(f"To stop it: {call} down{place}")


def _shown(path: Path) -> str:
    """Return a path relative to the working directory if it is below it, quoted for a shell."""
    return shlex.quote(os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path))


def down(arguments: argparse.Namespace) -> None:
    """Stop the sandbox; a later `up` continues with its data."""
    with step("The sandbox is down"):
        Sandbox.attach(arguments.dir).down(purge=arguments.purge)


def status(arguments: argparse.Namespace) -> None:
    """Print the state and the log of each server; fail unless all run."""
    servers = Sandbox.attach(arguments.dir).servers.values()
    for server in servers:
        state = f"process {server.pid}" if server.pid else "not running"
        print(f"{server.name:24} {state:16} {server.log}")
    if not all(server.pid for server in servers):
        sys.exit(1)


def env(arguments: argparse.Namespace) -> None:
    """Print the variables with which a shell uses the sandbox; for `eval`."""
    sandbox = Sandbox.attach(arguments.dir)
    for name, value in _variables(sandbox).items():
        print(f"export {name}={shlex.quote(value)}")
    print(f'export PATH={shlex.quote(str(sandbox.bin))}:"$PATH"')


def shell(arguments: argparse.Namespace) -> None:
    """Start a shell that uses the sandbox; with pods, only this one is in its network."""
    sandbox = Sandbox.attach(arguments.dir)
    path = f"{sandbox.bin}:{os.environ['PATH']}"
    with sandbox.inside():
        os.execve("/bin/sh", ["sh"], {**os.environ, **_variables(sandbox), "PATH": path})


def _variables(sandbox: Sandbox) -> dict[str, str]:
    return {
        "KUBECONFIG": str(sandbox.kubeconfig),
        "OS_CLIENT_CONFIG_FILE": str(sandbox.clouds_yaml),
        "OS_CLOUD": "blue",
        "SENLIN_OPERATOR_ALLOWED_ENDPOINTS": "127.0.0.0/8",  # Keystone and Senlin are there
    }


def interrupted(number: int, _: FrameType | None) -> None:
    """Raise KeyboardInterrupt, and ignore further signals: they would interrupt the cleanup."""
    for heeded in SIGNALS:
        signal.signal(heeded, signal.SIG_IGN)
    raise KeyboardInterrupt(signal.Signals(number).name)


def add_options_of_up(command: argparse.ArgumentParser) -> None:
    names = ", ".join(OPTIONAL)
    text = f"services of the real cloud, with what they need: {names} (default: {DEFAULT[0]})"
    command.add_argument("--only", nargs="*", choices=OPTIONAL, default=DEFAULT, help=text)
    text = "whether the real cloud's Senlin is repaired (default: %(default)s)"
    command.add_argument("--senlin", choices=get_args(SenlinName), default="stock", help=text)
    command.add_argument("--audit", action="store_true", help="keep an audit log")
    command.add_argument("--pods", action="store_true", help="run pods (root on Debian 12)")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    commands = parser.add_subparsers(required=True)
    for function in (build, up, down, status, env, shell):
        command = commands.add_parser(function.__name__, help=function.__doc__)
        command.set_defaults(function=function)
        if function is not build:
            text = "the sandbox's directory (default: %(default)s)"
            command.add_argument("--dir", type=Path, default=DEFAULT_DIRECTORY, help=text)
        if function in (build, up):
            choices, text = get_args(CloudName), "what is below Senlin (default: %(default)s)"
            command.add_argument("--cloud", choices=choices, default="simulated", help=text)
        if function is up:
            add_options_of_up(command)
        if function is down:
            command.add_argument("--purge", action="store_true", help="remove its data, too")
    arguments = parser.parse_args()
    for heeded in SIGNALS:
        signal.signal(heeded, interrupted)
    try:
        arguments.function(arguments)
    except ToolError as error:
        sys.exit(f"Error: {error}")
    except KeyboardInterrupt:
        sys.exit(os.EX_TEMPFAIL)


if __name__ == "__main__":
    main()
