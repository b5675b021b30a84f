"""The commands of senlin-operator."""

import argparse
import asyncio
import os
import sys
from collections.abc import Mapping, Sequence

from openstack_clustering import ClientException
from senlin_operator import app
from senlin_operator.export import command as export
from senlin_operator.kube.client import KubeError
from senlin_operator.settings import BadSettings, add_flags, load
from senlin_operator.telemetry import logging, tracing
from senlin_operator.telemetry.output import reader_gone


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit code of the process."""
    parser = argparse.ArgumentParser(
        prog="senlin-operator",
        description="Declares OpenStack clustering (Senlin) in Kubernetes.",
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    text = "watch the custom resources and converge the cloud"
    run = commands.add_parser("run", help=text, allow_abbrev=False)
    add_flags(run)
    export.add(commands)
    chosen = parser.parse_args(arguments)
    return _export(chosen) if "run" in chosen else _run(vars(chosen))


def _export(chosen: argparse.Namespace) -> int:
    try:
        code = int(chosen.run(chosen))
        sys.stdout.flush()
    except BrokenPipeError:
        return reader_gone()
    except (ClientException, OSError) as error:
        return _fail(1, error)
    return code


def _run(flags: Mapping[str, str | None]) -> int:
    try:
        settings = load(flags, os.environ)
        logging.configure(settings.log_format, settings.log_level)
        with tracing.exported(settings.otlp_endpoint):
            asyncio.run(app.run(settings))
    except (BadSettings, tracing.MissingLibrary) as error:
        return _fail(2, error)
    except (KubeError, OSError) as error:  # nothing to watch, or the port is in use
        return _fail(1, error)
    except asyncio.CancelledError:  # the process was told to stop while it waited for the lease
        pass
    return 0


def _fail(code: int, error: Exception) -> int:
    print(f"senlin-operator: {error}", file=sys.stderr)
    return code
