"""Which subjects of commits are accepted."""

import pytest

from tools.commits import problem


@pytest.mark.parametrize(
    "subject",
    [
        "cache: drop objects deleted while no watch was open",
        "Split the operator into kinds, the reconcile path and their contract",
        "tests: pass the clock",
        "probes: close idle connections after 30 s",
        "Process the queue",
        "x" * 72,
    ],
)
def test_accepted(subject: str) -> None:
    assert problem(subject) is None


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("x" * 73, "has 73 characters; 72 are allowed"),
        ("tests: a line that is not too long", "does not begin with a verb"),
        ("docs: the picture again", "does not begin with a verb"),
        ("probes: closes idle connections", "is not imperative: closes"),
        ("Fixed the cache", "is not imperative: fixed"),
        ("watching: dropping objects", "is not imperative: dropping"),
        ("...", "does not begin with a verb"),
    ],
)
def test_refused(subject: str, text: str) -> None:
    assert problem(subject) == text
