"""`senlin-operator export`: prints manifests that take over what is in a project."""

import argparse
import sys
from pathlib import Path

from openstack_clustering import Connection
from senlin_operator.export import files
from senlin_operator.export.manifests import Options, manifests
from senlin_operator.export.project import read, selected

_EXAMPLES = """examples:
  senlin-operator export > project.yaml
  senlin-operator export --cloud production --directory clusters/
  senlin-operator export --selector team=blue --namespace blue
  senlin-operator export --unmanaged | kubectl apply --filename -
"""
_TEXT = (
    "Reads a project of Senlin, and prints a manifest for each profile, policy, cluster, receiver, "
    "and node outside clusters. Applied, they take over what is there (docs/adoption.md). Nothing "
    "is changed in Senlin."
)


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to those of the program."""
    parser = commands.add_parser(
        "export",
        help="print manifests for what is in a project of Senlin",
        description=_TEXT,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--namespace", help="namespace in the manifests; else they have none")
    add_options(parser)
    parser.set_defaults(run=run)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options to a parser that has `--namespace`, maybe without a default."""
    parser.add_argument("--cloud", help="entry of clouds.yaml to read; else as `openstack` does")
    parser.add_argument("--directory", type=Path, help="write a file for each manifest there")
    parser.add_argument(
        "--selector",
        type=_labels,
        default={},
        metavar="KEY=VALUE,…",
        help="only clusters and nodes with these entries in their metadata, and what they use",
    )
    parser.add_argument("--secret-name", default="openstack", help="Secret with the credentials")
    parser.add_argument("--cloud-name", default="openstack", help="entry in its clouds.yaml")
    policy = parser.add_mutually_exclusive_group()
    policy.add_argument("--managed", action="store_true", default=True, help="take over (default)")
    policy.add_argument(
        "--unmanaged", action="store_false", dest="managed", help="only show what is there"
    )


def run(arguments: argparse.Namespace) -> int:
    """Export a project; return the exit code.

    Raises:
        ClientException: The cloud cannot be read.
        OSError: A file cannot be written.
    """
    namespace = getattr(arguments, "namespace", None)
    options = Options(arguments.secret_name, arguments.cloud_name, namespace, arguments.managed)
    with Connection(arguments.cloud, app_name="senlin-operator") as connection:
        project = selected(read(connection.cluster), arguments.selector)
    found = manifests(project, options)
    if arguments.directory:
        files.write_directory(found, arguments.directory)
    else:
        files.write_stream(found, sys.stdout)
    for manifest in found:
        for note in manifest.notes:
            sys.stderr.write(f"{manifest.kind} {manifest.name}: {note}\n")
    return 0


def _labels(text: str) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in text.split(",")]
    if not all(key and equals for key, equals, _ in pairs):
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE,…")
    return {key: value for key, _, value in pairs}
