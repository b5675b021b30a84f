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


def fail(text: str = "two\nlines") -> None:
    raise ValueError(text)


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
    assert "unexpected\n  Traceback" in text
    assert text.endswith("  ValueError: two\n  lines\n")


FORGED = "\n2026-01-01T00:00:00.000Z INFO forged"
UNSAFE = {
    f"a{FORGED}": f"a\\u000a{FORGED[1:]}",
    "\x1b[2Jb": r"\u001b[2Jb",
    "\x9b2Jc\x7f": r"\u009b2Jc\u007f",
    "d\u2028\u2029": r"d\u2028\u2029",
    "\u202egnp.e": r"\u202egnp.e",
    "\ud800f": r"\ud800f",
    "größer → 中": "größer → 中",
}


@pytest.mark.parametrize(("text", "shown"), UNSAFE.items())
def test_what_others_say_forges_no_line_and_commands_no_terminal(
    logs: LogCapture, text: str, shown: str
) -> None:
    configure("console", "info")

    with bind(name=text):
        log.info("%s", text, extra={"error": text})

    assert logs.text().split(" ", 1)[1] == f"INFO    {shown} {shown} error={shown}\n"


@pytest.mark.parametrize("text", UNSAFE)
def test_json_has_the_same_text_and_nothing_unsafe(logs: LogCapture, text: str) -> None:
    configure("json", "info")

    log.info("an event", extra={"error": text})

    line = logs.text()
    assert json.loads(line)["error"] == text
    assert line.rstrip("\n").isprintable()


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_an_exception_forges_no_line(logs: LogCapture, log_format: str) -> None:
    configure(log_format, "info")

    try:
        fail(f"\x1b[2J{FORGED}")
    except ValueError:
        log.exception("unexpected")

    text = logs.text()
    assert "\x1b" not in text
    assert len(re.findall(rf"^{TIME.pattern}", text, re.MULTILINE)) == (log_format == "console")


def test_the_ids_of_servers_are_cut(logs: LogCapture) -> None:
    configure("json", "info")

    with bind(action_id="a" * 65):
        log.info("an event", extra={"request_id": "r" * 100_000})

    (line,) = logs.documents()
    assert (line["action_id"], line["request_id"]) == ("a" * 64, "r" * 64)


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
