"""Log lines, for machines and for people."""

import asyncio
import json
import logging
import re

import pytest

from senlin_operator.telemetry.logging import bind, configure, note
from tests.unit.operator.log_capture import Lines

log = logging.getLogger("senlin_operator.test")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def fail() -> None:
    raise ValueError("two\nlines")


def test_a_json_line(lines: Lines) -> None:
    configure("json", "info")

    log.info("is now %s", "Ready", extra={"ready": "True"})

    (line,) = lines.documents()
    assert TIME.fullmatch(line.pop("time"))
    assert line == {
        "level": "info",
        "logger": "senlin_operator.test",
        "event": "is now Ready",
        "ready": "True",
    }


def test_what_json_does_not_know_is_written_as_text(lines: Lines) -> None:
    configure("json", "info")

    log.info("größer", extra={"what": {"a set"}})

    line = lines.text()
    assert "größer" in line
    assert json.loads(line)["what"] == "{'a set'}"


def test_an_exception_stays_in_one_json_line(lines: Lines) -> None:
    configure("json", "info")

    try:
        fail()
    except ValueError:
        log.exception("unexpected")

    (line,) = lines.documents()
    assert line["level"] == "error"
    assert line["exception"].endswith("ValueError: two\nlines")


def test_bound_fields_are_on_every_line_within(lines: Lines) -> None:
    configure("json", "info")

    with bind(kind="SenlinCluster", name="web"):
        log.info("inside", extra={"name_of_step": "Resizing"})
        with bind(reconcile_id="1"):
            log.info("deeper")
    log.info("outside")

    inside, deeper, outside = lines.documents()
    assert (inside["kind"], inside["name"]) == ("SenlinCluster", "web")
    assert inside["name_of_step"] == "Resizing"
    assert (deeper["kind"], deeper["reconcile_id"]) == ("SenlinCluster", "1")
    assert "kind" not in outside


def test_what_is_noted_is_on_the_lines_that_follow_within(lines: Lines) -> None:
    configure("json", "info")

    with bind(name="web"):
        log.info("before")
        note(request_id="req-1", action_id=None)
        log.info("after")
    note(request_id="req-2")
    log.info("outside")

    before, after, outside = lines.documents()
    assert "request_id" not in before
    assert after["request_id"] == "req-1"
    assert "action_id" not in after
    assert "request_id" not in outside


async def test_what_a_thread_notes_is_told_by_its_caller(lines: Lines) -> None:
    configure("json", "info")

    with bind(name="web"):
        await asyncio.to_thread(note, request_id="req-1")
        log.info("after")

    (line,) = lines.documents()
    assert line["request_id"] == "req-1"


async def test_objects_that_are_worked_on_at_once_do_not_mix(lines: Lines) -> None:
    configure("json", "info")

    async def work(name: str) -> None:
        with bind(name=name):
            await asyncio.sleep(0)
            log.info("on %s", name)

    await asyncio.gather(work("web"), work("shop"))

    assert {line["event"]: line["name"] for line in lines.documents()} == {
        "on web": "web",
        "on shop": "shop",
    }


def test_a_console_line(lines: Lines) -> None:
    configure("console", "info")

    with bind(kind="SenlinCluster", namespace="team", name="web", uid="u", reconcile_id="r"):
        log.warning("refused", extra={"step": "Resizing"})

    time, line = lines.text().split(" ", 1)
    assert TIME.fullmatch(time)
    assert line == "WARNING SenlinCluster/team/web refused step=Resizing\n"


def test_a_console_line_about_nobody(lines: Lines) -> None:
    configure("console", "info")

    log.info("started")

    assert lines.text().split(" ", 1)[1] == "INFO    started\n"


def test_a_console_line_with_an_exception(lines: Lines) -> None:
    configure("console", "info")

    try:
        fail()
    except ValueError:
        log.exception("unexpected")

    text = lines.text()
    assert "unexpected\nTraceback" in text
    assert text.endswith("ValueError: two\nlines\n")


@pytest.mark.parametrize(
    ("level", "told"),
    [
        ("debug", ["debug", "info", "warning"]),
        ("info", ["info", "warning"]),
        ("warning", ["warning"]),
    ],
)
def test_the_level(lines: Lines, level: str, told: list[str]) -> None:
    configure("json", level)

    for name in ("debug", "info", "warning"):
        getattr(log, name)("said")

    assert [line["level"] for line in lines.documents()] == told


@pytest.mark.parametrize(
    "library",
    ["kopf", "urllib3", "keystoneauth", "asyncio", "aiohttp", "aiohttp_retry", "kubernetes"],
)
def test_libraries_are_heard_from_warning_on(lines: Lines, library: str) -> None:
    """Even when all is told: keystoneauth's debug lines would show what it sends."""
    configure("json", "debug")

    logging.getLogger(f"{library}.inside").info("chatter")
    logging.getLogger(f"{library}.inside").warning("trouble")

    assert [line["event"] for line in lines.documents()] == ["trouble"]
