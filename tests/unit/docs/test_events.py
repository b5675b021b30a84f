"""docs/conditions.md lists the reasons of all events of steps, and their kinds."""

import inspect
import re

from senlin_operator.kinds import KINDS
from senlin_operator.kinds.operation import calls
from senlin_operator.model.step import Step
from senlin_operator.reconcile import cancelling, execute, runner
from tests.unit.docs.sources import ROOT

PAGE = (ROOT / "docs" / "conditions.md").read_text()
TABLE = re.findall(r"^\| `(\w+)` \| ([\w ,]+) \| .+\. \|$", PAGE, flags=re.MULTILINE)

OF_OPERATIONS = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| [^|]+\. \|$", PAGE, flags=re.MULTILINE)
SILENT = {"Collecting"}  # only reads, so only its end makes an event


def concrete_steps(base: type[Step] = Step) -> set[type[Step]]:
    below = {step for sub in base.__subclasses__() for step in concrete_steps(sub)}
    return below if inspect.isabstract(base) else below | {base}


def kinds_of(step: type[Step]) -> set[str]:
    """Return the kinds whose folder has the step; the steps of bindings are the cluster's."""
    folder = step.__module__.split(".")[2]
    return {"SenlinCluster" if folder == "shared" else f"Senlin{folder.capitalize()}"}


def test_the_table_lists_every_verb_once() -> None:
    verbs = {step.verb for step in concrete_steps()}
    cancelling = re.findall(r'"(\w+)", "Reconcile"', inspect.getsource(execute.Executor.cancel))

    assert [verb for verb, _ in TABLE] == list(dict.fromkeys(verb for verb, _ in TABLE))
    assert {verb for verb, _ in TABLE} == verbs | set(cancelling)


def test_the_table_names_the_kinds_of_every_verb() -> None:
    steps = concrete_steps()

    for verb, on in TABLE[:-1]:
        kinds = set().union(*(kinds_of(step) for step in steps if step.verb == verb))
        assert on == "all kinds" if kinds == set(KINDS) else set(on.split(", ")) == kinds, verb


def test_the_table_of_operations_lists_every_event() -> None:
    verbs = re.findall(r'Call\(\s*"(\w+)"', inspect.getsource(calls))
    sources = "".join(inspect.getsource(it) for it in (runner, cancelling))
    others = re.findall(r'"(?:Normal|Warning)", "(\w+)", "Run"', sources)
    listed = [word for row in OF_OPERATIONS for word in re.findall(r"\w+", row)]

    assert sorted(listed) == sorted({*verbs, *others} - SILENT)
