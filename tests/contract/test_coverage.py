"""Each comment that names Senlin 16 states a fact, and each such fact has a scenario."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.scenarios import SCENARIOS

OPERATOR = Path(__file__).parents[2] / "operator" / "senlin_operator"
VERSION = "Senlin 16"
# Facts that would disturb other tests of a shared Senlin: words of the comment, and their test.
ELSEWHERE = {
    "engine stopped": "tests/chaos/test_dead_engine.py",
    "notice that a stack has failed": "tests/sandbox/test_real_services.py",
    "no node by lifecycle_events": "tests/sandbox/test_real_messages.py",
    "released answers message": "tests/sandbox/test_real_messages.py",
    "receivers released accepts": "tests/sandbox/test_real_messages.py",
    "stranger": "tests/operator/test_receiver.py",  # it takes two users of one project
}


def facts() -> list[tuple[str, str]]:
    """Return the comments and paragraphs of docstrings that name the version, and where."""
    return [
        (f"{path.relative_to(OPERATOR)}: {text}", text)
        for path in sorted(OPERATOR.rglob("*.py"))
        for text in (*comments(path.read_text()), *docstrings(path.read_text()))
        if VERSION in text
    ]


def comments(source: str) -> Iterator[str]:
    """Yield the comments; those that have lines of their own, one after the other, as one."""
    block: list[str] = []
    last = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        number, text = token.start[0], token.string.lstrip("# ")
        if not token.line.lstrip().startswith("#"):
            yield text
            continue
        if number != last + 1:
            yield " ".join(block)
            block.clear()
        block.append(text)
        last = number
    yield " ".join(block)


def docstrings(source: str) -> Iterator[str]:
    """Yield the paragraphs of docstrings, and other texts."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for paragraph in node.value.split("\n\n"):
                yield re.sub(r"\s+", " ", paragraph).strip()


@pytest.mark.parametrize("fact", [pytest.param(text, id=name) for name, text in facts()])
def test_comment_is_covered(fact: str) -> None:
    cited = [*(words for it in SCENARIOS for words in it.cites), *ELSEWHERE]

    assert any(all(word in fact.lower() for word in it.lower().split()) for it in cited), (
        "No scenario of tests/contract cites this; write one, or give the one there is the words."
    )


def test_titles_are_unique() -> None:
    titles = [it.title for it in SCENARIOS]
    assert len(titles) == len(set(titles))
    assert all(": " in it for it in titles)
