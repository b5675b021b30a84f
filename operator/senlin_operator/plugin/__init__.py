"""`kubectl senlin`: what a person asks of clusters, with the rights of their own kubeconfig."""

import sys

_ONE_SENTENCE = (
    "kubectl-senlin: the library {name} is missing: install the extra `operator`, as in "
    "pip install 'senlin-operator[operator]'."
)


def main() -> None:
    """Run the command line, and end the process with its exit code."""
    try:
        from senlin_operator.plugin.commands import run
    except ModuleNotFoundError as error:
        name = (error.name or "").partition(".")[0]
        if name in ("", "senlin_operator", "openstack_clustering"):
            raise
        sys.exit(_ONE_SENTENCE.format(name=name))
    sys.exit(run())
