"""docs/glossary.md: its words are the code's, and the words that it retires do not come back."""

import re
from pathlib import Path

import pytest

from tests.unit.docs.sources import (
    ROOT,
    comments,
    defined_names,
    descriptions,
    identifiers,
    pages,
    prose_of,
    python_files,
    words_of,
)

GLOSSARY = ROOT / "docs" / "glossary.md"
OPERATOR = python_files("operator/senlin_operator")
CODE = python_files("operator", "sandbox", "tools", "deploy", "docs", "tests")
_, WORDS, RETIRED = re.split(r"^## .*\n", GLOSSARY.read_text(), flags=re.MULTILINE)


def rows(section: str) -> list[list[str]]:
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def forms(cell: str) -> list[str]:
    return [form.strip() for form in cell.split(",") if form.strip()]


def code_for(row: list[str]) -> list[Path]:
    return CODE if row[3] == "all" else OPERATOR


def where(path: Path, line: int) -> str:
    return f"{path.relative_to(ROOT)}:{line}"


@pytest.mark.parametrize("section", [WORDS, RETIRED], ids=["words", "not used"])
def test_the_table_is_alphabetical(section: str) -> None:
    words = [row[0] for row in rows(section)]

    assert words == sorted(words)
    assert len(words) == len(set(words))


def test_every_line_is_one_line_and_ends_with_a_full_stop() -> None:
    assert [word for word, text in rows(WORDS) if not text.endswith(".") or len(text) > 100] == []


def test_every_word_is_in_the_code() -> None:
    known = {part for name in defined_names() for part in words_of(name)}
    prose = " ".join(
        text for path in python_files("operator") for _, text in comments(path)
    ).lower()

    unused = [
        word
        for word, _ in rows(WORDS)
        if word.lower() not in prose and not set(words_of(word)) <= known
    ]

    assert unused == []


@pytest.mark.parametrize("row", rows(RETIRED), ids=lambda row: row[0])
def test_a_retired_word_is_in_no_identifier(row: list[str]) -> None:
    retired = set(forms(row[2]))

    found = [
        f"{where(path, line)} {name}"
        for path in code_for(row)
        for line, name in identifiers(path)
        if retired & set(words_of(re.sub("look(ed)?_up", "", name)))
    ]

    assert found == [], f"use: {row[4]}"


@pytest.mark.parametrize("row", rows(RETIRED), ids=lambda row: row[0])
def test_a_retired_word_is_in_no_prose(row: list[str]) -> None:
    if not forms(row[1]):
        return
    retired = re.compile(rf"\b({'|'.join(map(re.escape, forms(row[1])))})\b", re.IGNORECASE)

    in_code = [
        f"{where(path, line)} {match[0]}"
        for path in code_for(row)
        for line, text in comments(path)
        for match in retired.finditer(text)
    ]
    in_pages = [
        f"{page.relative_to(ROOT)} {match[0]}"
        for page in pages()
        if page != GLOSSARY and row[3] == "all"
        for match in retired.finditer(prose_of(page))
    ]

    in_definitions = [
        f"{path.relative_to(ROOT)} {match[0]}"
        for path in ROOT.glob("crds/*.yaml")
        if row[3] == "all"
        for match in retired.finditer(descriptions(path))
    ]

    assert in_code + in_pages + in_definitions == [], f"use: {row[4]}"
