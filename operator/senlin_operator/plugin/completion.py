"""Completion on the command line, in the form in which kubectl asks its plugins for it.

For `kubectl senlin tree w<TAB>`, kubectl runs `kubectl_complete-senlin tree w`, and takes the lines
that it prints; the last line is a number that says what the shell may add (kubectl 1.26 or newer:
cobra's ShellCompDirective).
"""

import argparse
import asyncio
from collections.abc import Iterable, Sequence
from itertools import pairwise

from senlin_operator.kube.client import KubeError
from senlin_operator.plugin.kube import UserClient
from senlin_operator.plugin.names import CLUSTER, PLURALS
from senlin_operator.plugin.options import parser

_FILES, _NO_FILES = 0, 4  # of cobra
_PATIENCE = 3.0  # seconds; a person waits for each of these
_NAMED = ("tree",)  # commands that take the name of a cluster
_RESOURCES = ("pause", "resume", "reconcile", "plan")
_OF_FILES = ("-f", "--filename", "--kubeconfig", "--directory")
_NAMESPACE = ("-n", "--namespace")


def completions(words: Sequence[str]) -> tuple[list[str], int]:
    """Return what may stand in the place of the last word, and cobra's number.

    Args:
        words: The command line after `kubectl senlin`; the last word is not complete yet.
    """
    *before, last = words or [""]
    if before and before[-1] in _OF_FILES:
        return [], _FILES
    top = parser()
    known = _commands(top)
    command = next((word for word in before if word in known), None)
    if last.startswith("-"):
        return _fitting(_options(known[command] if command else top), last), _NO_FILES
    if command is None:
        return _fitting(known, last), _NO_FILES
    if _takes_value(known[command], before[-1]):
        return [], _NO_FILES
    return _fitting(_of_kubernetes(command, before, last), last), _NO_FILES


def _of_kubernetes(command: str, before: Sequence[str], last: str) -> list[str]:
    """Return the names of resources; none if Kubernetes does not answer at once."""
    kind, separator, _ = last.partition("/")
    if command in _RESOURCES and not separator:
        return [f"{it.lower()}/" for it in PLURALS]
    wanted = CLUSTER if command in _NAMED else _kind(kind)
    if wanted is None or command not in (*_NAMED, *_RESOURCES):
        return []
    try:
        names = asyncio.run(_names(wanted, before))
    except (KubeError, TimeoutError):
        return []
    return names if command in _NAMED else [f"{kind}/{name}" for name in names]


async def _names(kind: str, before: Sequence[str]) -> list[str]:
    given = dict(pairwise(before))
    kube = await UserClient.connect(given.get("--kubeconfig"), PLURALS, given.get("--context"))
    try:
        namespace = next((given[it] for it in _NAMESPACE if it in given), kube.namespace)
        async with asyncio.timeout(_PATIENCE):
            return [it.key.name for it in await kube.list_all(kind, namespace)]
    finally:
        await kube.close()


def _kind(text: str) -> str | None:
    return next((kind for kind in PLURALS if kind.lower() == text.lower()), None)


def _commands(top: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    [found] = [it.choices for it in top._actions if isinstance(it, argparse._SubParsersAction)]
    return dict(found)


def _options(command: argparse.ArgumentParser) -> list[str]:
    return [text for it in command._actions for text in it.option_strings if len(text) > 2]


def _takes_value(command: argparse.ArgumentParser, word: str) -> bool:
    """Return whether a word is an option after which comes its value."""
    return any(word in it.option_strings and it.nargs != 0 for it in command._actions)


def _fitting(words: Iterable[str], beginning: str) -> list[str]:
    return [word for word in words if word.startswith(beginning)]
