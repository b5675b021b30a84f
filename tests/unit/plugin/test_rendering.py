"""What the plugin prints: trees, tables, plans, and texts of others that must not do harm."""

import io
from datetime import UTC, datetime
from typing import Any

import pytest

from openstack_clustering import Action, Cluster, Node, Receiver
from senlin_operator.kube.conditions import Reason
from senlin_operator.kube.objects import Key, Resource
from senlin_operator.model.outcome import Blocked, Outcome, Settled, Waiting
from senlin_operator.plugin.dry_run import PlannedStep
from senlin_operator.plugin.facts import CloudFacts, Facts, PastAction
from senlin_operator.plugin.plan import CHANGES, NOTHING, REFUSED, document, exit_code, lines
from senlin_operator.plugin.planner import ResourcePlan
from senlin_operator.plugin.terminal import (
    Branch,
    Colour,
    Palette,
    Progress,
    clean,
    columns,
    tree,
)
from senlin_operator.plugin.tree import age, drawn
from senlin_operator.reconcile.observe import AWAITING_SNAPSHOT

PLAIN, COLOURED = Palette(colours=False), Palette(colours=True)
WEB = Key("SenlinCluster", "shop", "web")
GROWS = PlannedStep("Resizing", "desiredCapacity 3 → 5")
SETTLED = Settled("5 of 5 nodes are active.")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environ", "coloured"),
    [
        pytest.param(Terminal(), {}, True, id="a terminal: coloured"),
        pytest.param(Terminal(), {"NO_COLOR": "1"}, False, id="NO_COLOR: plain"),
        pytest.param(Terminal(), {"NO_COLOR": ""}, True, id="an empty NO_COLOR: coloured"),
        pytest.param(Terminal(), {"TERM": "dumb"}, False, id="a dumb terminal: plain"),
        pytest.param(io.StringIO(), {}, False, id="a pipe: plain"),
    ],
)
def test_colours(stream: io.StringIO, environ: dict[str, str], *, coloured: bool) -> None:
    assert Palette.of(stream, environ).colours is coloured


def test_progress_is_for_terminals_alone() -> None:
    terminal, pipe = Terminal(), io.StringIO()
    for stream in (terminal, pipe):
        progress = Progress(stream)
        progress.say("planning")
        progress.clear()

    assert terminal.getvalue() == "\r\x1b[Kplanning …\r\x1b[K"
    assert pipe.getvalue() == ""


def test_a_text_of_others_cannot_command_the_terminal() -> None:
    assert clean("a\x1b[2Jb\r\nc\u202ed") == "a[2Jb cd"


def test_a_tree_and_columns() -> None:
    root = Branch("root", [Branch("one", [Branch("leaf")]), Branch("two", [Branch("last")])])

    assert list(tree(root)) == ["root", "├── one", "│   └── leaf", "└── two", "    └── last"]
    painted = COLOURED.paint("ab", Colour.GOOD)
    assert columns([(painted, "c"), ("abcd", "")]) == [f"{painted}    c", "abcd"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1, "0s"), (119, "119s"), (120, "2m"), (7200, "2h"), (90000, "1d"), (172800, "2d")],
)
def test_ages(seconds: float, text: str) -> None:
    assert age(seconds) == text


def a_cluster(**status: Any) -> Resource:
    metadata = {"namespace": "shop", "name": "web", "uid": "u1", "generation": 1}
    return Resource("SenlinCluster", {"metadata": metadata, "spec": {}, "status": status})


def test_a_broken_member_tells_the_fault_of_the_status_and_no_id_of_a_receiver() -> None:
    node = Node({"id": "n1", "name": "web-1", "status": "ERROR", "status_reason": "Unknown"})
    action = Action({"id": "a1", "action": "CLUSTER_CHECK", "status": "RUNNING", "start_time": 40})
    checks = [{"id": "a2", "action": "NODE_CHECK", "target": "n1", "status": "RUNNING"}]
    cloud = CloudFacts(
        Cluster(
            {
                "id": "c1",
                "name": "web",
                "status": "WARNING",
                "status_reason": "1 is lost",
                "min_size": 1,
                "max_size": -1,
                "desired_capacity": 1,
            }
        ),
        None,
        [node],
        [],
        [Receiver({"id": "r1-secret", "name": "grow", "type": "webhook", "action": "X"})],
        [PastAction(action, checks, 3)],
    )
    fault = {"node": "n1", "name": "web-1", "reason": "No valid host"}
    facts = Facts(a_cluster(faults=[fault]), cloud=cloud)

    shown = "\n".join(tree(drawn(facts, PLAIN, datetime.fromtimestamp(100, UTC))))

    assert "web-1  ERROR    No valid host" in shown
    assert "cluster web  WARNING  1 is lost" in shown
    assert "CLUSTER_CHECK  RUNNING  60s ago" in shown
    assert "NODE_CHECK  web-1  RUNNING" in shown
    assert "and 2 more" in shown
    assert "r1-secret" not in shown


def a_plan(outcome: Outcome, *steps: PlannedStep) -> ResourcePlan:
    return ResourcePlan(WEB, "its manifest has changed", steps, outcome)


@pytest.mark.parametrize(
    ("plan", "code", "printed"),
    [
        pytest.param(
            a_plan(SETTLED),
            NOTHING,
            "SenlinCluster web\n    Nothing to do. 5 of 5 nodes are active.\n"
            "Plan: nothing to do in Senlin.",
            id="settled: nothing",
        ),
        pytest.param(
            a_plan(SETTLED, GROWS),
            CHANGES,
            "SenlinCluster web: its manifest has changed\n"
            "  ~ Resizing: desiredCapacity 3 → 5\nPlan: 1 step for 1 of 1 resource.",
            id="a step: changes",
        ),
        pytest.param(
            a_plan(AWAITING_SNAPSHOT, PlannedStep("Deleting", "deletion", "by force")),
            CHANGES,
            "SenlinCluster web: its manifest has changed\n  - Deleting: deletion; by force\n"
            "    What follows depends on what Senlin then shows.\n"
            "Plan: 1 step for 1 of 1 resource.",
            id="a step with an unknown end: said",
        ),
        pytest.param(
            a_plan(Waiting(Reason.REFERENCE_MISSING, "No profile.")),
            NOTHING,
            "SenlinCluster web\n    Waits: ReferenceMissing: No profile.\n"
            "Plan: nothing to do in Senlin.",
            id="waiting: nothing",
        ),
        pytest.param(
            a_plan(Blocked(Reason.REJECTED, "No."), GROWS),
            REFUSED,
            "SenlinCluster web: its manifest has changed\n  ~ Resizing: desiredCapacity 3 → 5\n"
            "    Refused: Rejected: No.\nPlan: 1 step for 1 of 1 resource.",
            id="blocked: refused",
        ),
    ],
)
def test_a_plan(plan: ResourcePlan, code: int, printed: str) -> None:
    assert "\n".join(lines([plan], PLAIN)) == printed
    assert exit_code([plan]) == code
    assert [it["verb"] for it in document([plan])["resources"][0]["steps"]] == [
        step.verb for step in plan.steps
    ]
