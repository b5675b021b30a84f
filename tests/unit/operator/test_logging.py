"""Log lines in JSON and for a console."""

import asyncio
import json
import logging
import re

import pytest

from senlin_operator.telemetry.logging import bind, configure, note
from tests.unit.operator.log_capture import LogCapture

log = logging.getLogger("senlin_operator.test")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def fail() -> None:
    raise ValueError("two\nlines")


def test_a_json_line(logs: LogCapture) -> None:
    configure("json", "info")

    log.info("the state is %s", "Ready", extra={"ready": "True"})

    (line,) = logs.documents()
    assert TIME.fullmatch(line.pop("time"))
    assert line == {
        "level": "info",
        "logger": "senlin_operator.test",
        "event": "the state is Ready",
        "ready": "True",
    }


def test_a_value_that_json_cannot_represent_is_written_as_text(logs: LogCapture) -> None:
    configure("json", "info")

    log.info("größer", extra={"value": {"a set"}})

    line = logs.text()
    assert "größer" in line
    assert json.loads(line)["value"] == "{'a set'}"


def test_an_exception_stays_in_one_json_line(logs: LogCapture) -> None:
    configure("json", "info")

    try:
        fail()
    except ValueError:
        log.exception("unexpected")

    (line,) = logs.documents()
    assert line["level"] == "error"
    assert line["exception"].endswith("ValueError: two\nlines")


def test_bound_fields_are_on_every_line_in_the_block(logs: LogCapture) -> None:
    configure("json", "info")

    with bind(kind="SenlinCluster", name="web"):
        log.info("inside", extra={"name_of_step": "Resizing"})
        with bind(reconcile_id="1"):
            log.info("deeper")
    log.info("outside")

    inside, deeper, outside = logs.documents()
    assert (inside["kind"], inside["name"]) == ("SenlinCluster", "web")
    assert inside["name_of_step"] == "Resizing"
    assert (deeper["kind"], deeper["reconcile_id"]) == ("SenlinCluster", "1")
    assert "kind" not in outside


def test_noted_fields_are_on_the_following_lines_in_the_block(logs: LogCapture) -> None:
    configure("json", "info")

    with bind(name="web"):
        log.info("before")
        note(request_id="req-1", action_id=None)
        log.info("after")
    note(request_id="req-2")
    log.info("outside")

    before, after, outside = logs.documents()
    assert "request_id" not in before
    assert after["request_id"] == "req-1"
    assert "action_id" not in after
    assert "request_id" not in outside


async def test_fields_noted_in_a_thread_are_on_its_caller_s_lines(logs: LogCapture) -> None:
    configure("json", "info")

    with bind(name="web"):
        await asyncio.to_thread(note, request_id="req-1")
        log.info("after")

    (line,) = logs.documents()
    assert line["request_id"] == "req-1"


async def test_concurrent_reconciles_do_not_mix_their_fields(logs: LogCapture) -> None:
    configure("json", "info")

    async def work(name: str) -> None:
        with bind(name=name):
            await asyncio.sleep(0)
            log.info("on %s", name)

    await asyncio.gather(work("web"), work("shop"))

    assert {line["event"]: line["name"] for line in logs.documents()} == {
        "on web": "web",
        "on shop": "shop",
    }


def test_a_console_line(logs: LogCapture) -> None:
    configure("console", "info")

    with bind(kind="SenlinCluster", namespace="team", name="web", uid="u", reconcile_id="r"):
        log.warning("refused", extra={"step": "Resizing"})

    time, line = logs.text().split(" ", 1)
    assert TIME.fullmatch(time)
    assert line == "WARNING SenlinCluster/team/web refused step=Resizing\n"


def test_a_console_line_about_no_object(logs: LogCapture) -> None:
    configure("console", "info")

    log.info("started")

    assert logs.text().split(" ", 1)[1] == "INFO    started\n"


def test_a_console_line_with_an_exception(logs: LogCapture) -> None:
    configure("console", "info")

    try:
        fail()
    except ValueError:
        log.exception("unexpected")

    text = logs.text()
    assert "unexpected\nTraceback" in text
    assert text.endswith("ValueError: two\nlines\n")


@pytest.mark.parametrize(
    ("level", "logged"),
    [
        ("debug", ["debug", "info", "warning"]),
        ("info", ["info", "warning"]),
        ("warning", ["warning"]),
    ],
)
def test_the_level_selects_the_lines(logs: LogCapture, level: str, logged: list[str]) -> None:
    configure("json", level)

    for name in ("debug", "info", "warning"):
        getattr(log, name)("an event")

    assert [line["level"] for line in logs.documents()] == logged


@pytest.mark.parametrize(
    "library",
    ["kopf", "urllib3", "keystoneauth", "asyncio", "aiohttp", "aiohttp_retry", "kubernetes"],
)
def test_libraries_are_logged_from_warning_on(logs: LogCapture, library: str) -> None:
    """Even at debug: keystoneauth's debug lines would show its requests."""
    configure("json", "debug")

    logging.getLogger(f"{library}.inside").info("chatter")
    logging.getLogger(f"{library}.inside").warning("trouble")

    assert [line["event"] for line in logs.documents()] == ["trouble"]
