"""The log of an operator under load."""

import re
from pathlib import Path

from tests.observe.load import Watched
from tests.operator.tenant import Document

PAGE = Path(__file__).parents[2] / "docs" / "logs.md"
EVERYWHERE = {"time", "level", "logger", "event"}
ABOUT = {"kind", "namespace", "name", "uid", "generation", "reconcile_id"}
CHANGED = "condition Ready changed"
SENT = {"Creating", "Resizing", "Deleting", "Recovering"}


def story(tenant: Watched, name: str) -> list[Document]:
    """Return the lines about an object, without those for debugging."""
    lines = (line for line in tenant.lines() if line["level"] != "debug")
    return [line for line in lines if line.get("name") == name]


def test_every_line_has_time_object_and_event(tenant: Watched) -> None:
    for line in tenant.lines():
        assert line.keys() >= EVERYWHERE
        assert not ABOUT & line.keys() or line.keys() >= ABOUT, line


def test_the_first_line_is_about_the_start(tenant: Watched) -> None:
    first, *_ = tenant.lines()

    assert (first["event"], first["namespaces"]) == ("starting", tenant.namespace)
    assert re.fullmatch(r"\d+\.\d+\.\d+", first["version"])


def test_the_page_has_every_field(tenant: Watched) -> None:
    rows = re.findall(r"^\| (`.+?`) \| ", PAGE.read_text(), re.MULTILINE)
    documented = {field for row in rows for field in re.findall(r"`(\w+)`", row)}

    assert {field for line in tenant.lines() for field in line} <= documented


def test_a_change_is_logged_once_a_step(tenant: Watched) -> None:
    lines = story(tenant, "web")
    if lines[0].get("reason") == "ReferenceNotReady":  # its profile was not there in time
        lines = lines[1:]

    assert [(line["event"], line.get("reason")) for line in lines] == [
        ("Creating", None),
        (CHANGED, "ActionRunning"),
        (CHANGED, "Ready"),
        ("Resizing", None),
        (CHANGED, "ActionRunning"),
        (CHANGED, "Ready"),
    ]
    for step, running, done in (lines[:3], lines[3:]):
        assert {step["level"], running["level"], done["level"]} == {"info"}
        assert step["reconcile_id"] == running["reconcile_id"] != done["reconcile_id"]
        assert step["action_id"] == running["action_id"] == done["action_id"]
        assert step["request_id"].startswith("req-")
        assert step["code"] == 202
        assert step["generation"] == running["generation"] == done["generation"]
    assert len({line["credential"] for line in lines}) == 1


def test_the_end_is_logged(tenant: Watched) -> None:
    events = [line["event"] for line in story(tenant, "web-1")]

    assert events[-2:] == ["Deleting", "finalizer removed"]


def test_a_refusal_has_senlins_words_and_its_request_id(tenant: Watched) -> None:
    refused, told = story(tenant, "wrong")

    assert (refused["level"], refused["event"]) == ("warning", "Senlin refuses")
    assert refused["request_id"] in refused["error"]
    assert refused["code"] == 404
    assert (told["level"], told["event"], told["reason"]) == ("warning", CHANGED, "Rejected")


def test_a_line_says_which_credential_is_refused(tenant: Watched) -> None:
    [refused] = story(tenant, "refused")
    polls = [line for line in tenant.lines() if line["event"] == "the project cannot be polled"]

    assert refused["credential"] in {poll["credential"] for poll in polls}


def test_no_line_contains_a_secret(tenant: Watched) -> None:
    """Not even at the level debug."""
    assert any(line["level"] == "debug" for line in tenant.lines())
    for log in (tenant.operator.log, tenant.standby.log):
        text = log.read_text()
        assert not [secret for secret in tenant.secrets() if secret in text]
