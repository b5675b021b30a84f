"""What `kubectl senlin plan` prints before a change of a story, beside what then happens.

The operator's log tells what has happened. A story may change more before all of it is done, so of
the two lists one must be the beginning of the other.
"""

import json
import re
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest

from senlin_operator.kinds import KINDS
from tests.operator.tenant import Document, Tenant, is_ready, ticks
from tests.plugin.command import run

EACH = 8  # stories, of which a sample has one
PATIENCE = 20.0  # seconds until what is Ready has done all that was planned
Steps = list[tuple[str, str]]  # verb and summary
Name = tuple[str, str]  # kind and name
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_STEP = re.compile(r"INFO +(\w+)/[\w-]+/([\w.-]+) (\w+) .*\bstep=(.*)")


class _Plan(NamedTuple):
    """The steps of a resource, and how many it had taken before them."""

    steps: Steps
    before: int


class Foretold:
    """The plans of a story."""

    def __init__(self, tenant: Tenant, *flags: str) -> None:
        """Plan for a tenant, with these flags of the command."""
        self._tenant = tenant
        self._flags = flags
        self._plans: dict[Name, _Plan] = {}

    def applying(self, documents: Sequence[Document]) -> None:
        """Plan what applying these manifests brings about."""
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump({"kind": "List", "items": documents}, file)
            file.flush()
            self._plan("-f", file.name)

    def deleting(self, what: Sequence[str]) -> None:
        """Plan what deleting these brings about."""
        self._plan("--delete", *what)

    def _plan(self, *arguments: str) -> None:
        self.check()
        self._plans = {}
        before = all_happened(self._tenant)
        ran = run(self._tenant, "plan", "-o", "json", *arguments, *self._flags)
        plans = planned_of(ran.document) if ran.out else {}  # nothing: it refuses to plan that
        if all_happened(self._tenant) == before:  # else the plan is of something in between
            self._plans = {
                name: _Plan(steps, len(before.get(name, ()))) for name, steps in plans.items()
            }

    def check(self) -> None:
        """Hold what has happened to the latest plans.

        Raises:
            AssertionError: Something else has happened.
        """
        for name, plan in self._plans.items():
            since: Steps = []
            for _ in ticks(PATIENCE):
                since = all_happened(self._tenant).get(name, [])[plan.before :]
                if len(since) >= len(plan.steps) or not self._is_ready(name):
                    break
            else:
                raise AssertionError(f"{name} is Ready; has happened: {since}; plan: {plan.steps}")
            common = min(len(since), len(plan.steps))
            assert since[:common] == plan.steps[:common], (name, since, plan.steps)

    def _is_ready(self, name: Name) -> bool:
        found = self._tenant.get(*name) if name[0] in KINDS else None
        return found is not None and is_ready(found)


@contextmanager
def foretelling(tenant: Tenant, request: pytest.FixtureRequest, *flags: str) -> Iterator[None]:
    """Plan each change that a story makes, and hold what happens to it.

    Of the stories a sample is planned, or all of them with --all; never those that are marked as
    `unforeseen`.
    """
    sampled = not zlib.crc32(request.node.nodeid.encode()) % EACH or request.config.getoption("all")
    if not sampled or request.node.get_closest_marker("unforeseen"):
        yield
        return
    foretold = tenant.foretold = Foretold(tenant, *flags)
    yield
    foretold.check()


def planned_of(document: Any) -> dict[Name, Steps]:
    """Return the steps that were printed, by resource."""
    return {
        (it["kind"], it["name"]): [
            (step["verb"], _without_ids(step["summary"])) for step in it["steps"]
        ]
        for it in document["resources"]
    }


def all_happened(tenant: Tenant) -> Mapping[Name, Steps]:
    """Return the steps that the operator has taken, by resource."""
    steps: dict[Name, Steps] = {}
    for kind, name, verb, summary in _STEP.findall(tenant.log()):
        steps.setdefault((kind, name), []).append((verb, _without_ids(summary)))
    return steps


def _without_ids(summary: str) -> str:
    """Return a summary without uids: nobody knows that of an object before it exists."""
    return _UUID.sub("…", summary)
