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
        sys.exit(_missing(error))
    sys.exit(run())


def complete() -> None:
    """Print the completions of the command line that kubectl passes on; never an error."""
    try:
        from senlin_operator.plugin.completion import completions
    except ModuleNotFoundError as error:
        sys.exit(_missing(error))
    words, directive = completions(sys.argv[1:])
    print(*words, f":{directive}", sep="\n")


def _missing(error: ModuleNotFoundError) -> str:
    """Return the sentence about a library that is not installed; re-raise what is a bug."""
    name = (error.name or "").partition(".")[0]
    if name in ("", "senlin_operator", "openstack_clustering"):
        raise error
    return _ONE_SENTENCE.format(name=name)
