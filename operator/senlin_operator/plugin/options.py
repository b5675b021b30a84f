"""The commands of `kubectl senlin` with their options, and their help."""

import argparse
from typing import Any

from openstack_clustering import __version__
from senlin_operator.export.command import add_options

PROGRAM = "kubectl senlin"
ACTIONS = 3  # of a cluster that `tree` shows
_RESOURCES = {"nargs": "+", "metavar": "KIND/NAME", "help": "such as senlincluster/web, or scl/web"}


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    common = _common()
    top = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Shows, checks and steers what the Senlin operator manages.",
        epilog="Each command has examples: kubectl senlin COMMAND --help",
        parents=[common],
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def add(name: str, text: str, examples: str) -> argparse.ArgumentParser:
        return commands.add_parser(
            name,
            help=text,
            description=f"{text[0].upper()}{text[1:]}.",
            epilog=f"examples:\n{_indented(examples)}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            parents=[common],
            allow_abbrev=False,
        )

    _add_tree(add)
    _add_doctor(add)
    _add_plan(add)
    _add_requests(add)
    _add_export(add)
    return top


def _add_tree(add: Any) -> None:
    text = "show a cluster with its profile, members, policies, receivers and last actions"
    tree = add(
        "tree",
        text,
        """
        kubectl senlin tree web
        kubectl senlin tree web --watch
        kubectl senlin tree web --actions 10 -n shop
        """,
    )
    tree.add_argument("name", metavar="NAME", help="the name of a SenlinCluster")
    tree.add_argument("-w", "--watch", action="store_true", help="show it again as it changes")
    tree.add_argument(
        "--actions",
        type=int,
        default=ACTIONS,
        metavar="NUMBER",
        help="how many of its actions (default: %(default)s)",
    )
    _add_login_kinds(tree)


def _add_doctor(add: Any) -> None:
    doctor = add(
        "doctor",
        "find what keeps clusters from working, and say what to do; exit code 1: an error is found",
        """
        kubectl senlin doctor
        kubectl senlin doctor -n shop
        kubectl senlin doctor --credentials openstack/openstack
        """,
    )
    doctor.add_argument(
        "--credentials",
        action="append",
        default=[],
        metavar="SECRET/CLOUD",
        help="also check this entry of a Secret's clouds.yaml, before any resource names it",
    )
    _add_login_kinds(doctor)


def _add_plan(add: Any) -> None:
    plan = add(
        "plan",
        "print what the operator would do, step by step, and do nothing; "
        "exit code 0: nothing, 1: something, 2: there is no plan",
        """
        kubectl senlin plan -f web.yaml
        kubectl senlin plan senlincluster/web
        kubectl senlin plan --delete senlincluster/web
        kubectl senlin plan --all -o json
        kubectl kustomize overlays/shop | kubectl senlin plan -f -
        """,
    )
    plan.add_argument("resources", **{**_RESOURCES, "nargs": "*"})
    plan.add_argument(
        "-f",
        "--filename",
        action="append",
        default=[],
        metavar="FILE",
        help="a file or a folder with manifests, as if they were applied; - is the standard input",
    )
    plan.add_argument("--all", action="store_true", help="all resources of the namespace")
    plan.add_argument("--delete", action="store_true", help="as if they were deleted")
    plan.add_argument("-o", "--output", choices=("json",), help="print JSON, for programs")
    plan.add_argument(
        "--senlin-repaired",
        action="store_true",
        help="the operator has the setting senlin-repaired",
    )
    _add_login_kinds(plan)


def _add_export(add: Any) -> None:
    export = add(
        "export",
        "print manifests that take over what is in a project of Senlin; reads no Kubernetes",
        """
        kubectl senlin export --cloud production > project.yaml
        kubectl senlin export --directory clusters/ -n shop
        kubectl senlin export --selector team=blue | kubectl senlin plan -f -
        """,
    )
    add_options(export)


def _add_requests(add: Any) -> None:
    pause = add(
        "pause",
        "hold the operator back from resources",
        "kubectl senlin pause senlincluster/web",
    )
    resume = add(
        "resume",
        "let the operator go on with resources",
        "kubectl senlin resume senlincluster/web",
    )
    reconcile = add(
        "reconcile",
        "have the operator poll the project, check the nodes and retry now",
        """
        kubectl senlin reconcile senlincluster/web
        kubectl senlin reconcile scl/web sprof/web-server --wait 60
        """,
    )
    for command in (pause, resume, reconcile):
        command.add_argument("resources", **_RESOURCES)
    reconcile.add_argument(
        "--wait",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="wait so long until it has been done (default: do not wait)",
    )


def _common() -> argparse.ArgumentParser:
    """Return the options that each command has, before its name or after it."""
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    group = common.add_argument_group("options of kubectl")
    group.add_argument("-n", "--namespace", help="the namespace, if not that of the context")
    group.add_argument(
        "--kubeconfig", metavar="FILE", help="the kubeconfig, if not that of kubectl"
    )
    group.add_argument("--context", help="the context of the kubeconfig, if not its current one")
    return common


def _add_login_kinds(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--more-login-kinds",
        default="",
        metavar="KINDS",
        help="values of auth_type that the operator's setting of this name allows, separated by "
        "commas",
    )


def _indented(examples: str) -> str:
    return "\n".join(f"  {line.strip()}" for line in examples.strip().splitlines())
