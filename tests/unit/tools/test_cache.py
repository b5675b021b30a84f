import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools.cache import cache_directory, cached
from tools.run import ToolError, run

REPOSITORY = Path(__file__).parents[3]

# Makes an item by a command that notes its run, takes a while, and then has a result.
MAKER = """
import signal
import sys
from pathlib import Path
from tools.cache import cached
from tools.run import run

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored
log, seconds = sys.argv[1:]

def make(target):
    run(["/bin/sh", "-ec", f"echo made >> {log}; sleep {seconds}; echo done > {target}/result"])

print(cached("thing", ["input"], make))
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "cache"
    monkeypatch.setenv("SENLIN_SANDBOX_CACHE", str(directory))
    return directory


def maker(log: Path, seconds: float) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", MAKER, str(log), str(seconds)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_line(log: Path, count: int = 1) -> None:
    deadline = time.monotonic() + 20
    while not log.exists() or log.read_text().count("made") < count:
        assert time.monotonic() < deadline, "the command never ran"
        time.sleep(0.02)


def test_two_at_once_make_it_once_and_the_second_says_that_it_waits(tmp_path: Path) -> None:
    log = tmp_path / "log"
    first = maker(log, 1)
    wait_for_line(log)
    second = maker(log, 1)

    one, _ = first.communicate(timeout=20)
    other, said = second.communicate(timeout=20)

    assert log.read_text() == "made\n"
    assert one == other
    assert (Path(one.strip()) / "result").read_text() == "done\n"
    assert "Another process prepares thing: waiting for it" in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_one_is_made_again(
    tmp_path: Path, cache: Path, number: signal.Signals
) -> None:
    log = tmp_path / "log"
    first = maker(log, 2)
    wait_for_line(log)
    first.send_signal(number)
    first.communicate(timeout=20)
    assert not list(cache.glob("thing-*"))

    made, _ = maker(log, 0).communicate(timeout=20)

    assert (Path(made.strip()) / "result").exists()
    assert log.read_text() == "made\nmade\n"
    assert not list(cache.glob("thing.partial-*"))


def test_a_failed_one_leaves_nothing_and_shows_what_was_said(cache: Path) -> None:
    def make(_: Path) -> None:
        run(["/bin/sh", "-c", "echo the disk is full; exit 3"])

    with pytest.raises(ToolError, match=r"ended with code 3:\nthe disk is full"):
        cached("thing", ["input"], make)

    assert [file.name for file in cache.iterdir()] == ["thing.lock"]


def test_other_inputs_are_another_item() -> None:
    def make(target: Path) -> None:
        (target / "result").touch()

    items = {
        cached("thing", inputs, make)
        for inputs in (["a", "b"], ["ab"], ["b", "a"], [b"a", b"b"], ["a", "b"])
    }

    assert len(items) == 3


def test_the_cache_is_where_the_user_s_caches_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SENLIN_SANDBOX_CACHE")
    monkeypatch.setenv("HOME", "/home/jane")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert cache_directory() == Path("/home/jane/.cache/senlin-operator")

    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert cache_directory() == Path("/caches/senlin-operator")


def test_of_items_that_are_not_asked_for_any_more_the_newest_are_kept(cache: Path) -> None:
    def make(target: Path) -> None:
        (target / "result").touch()

    other = cached("thing-else", ["1"], make, keep=1)
    items = [cached("thing", [text], make, keep=1) for text in ("1", "2")]
    for item, time_ in zip(items, (2_000_000_000, 1_000_000_000), strict=True):
        os.utime(item, (time_, time_))

    third = cached("thing", ["3"], make, keep=1)

    assert {it for it in cache.iterdir() if it.is_dir()} == {other, items[0], third}
