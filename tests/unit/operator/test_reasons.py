"""Every reason of a condition has its page, and only existing reasons and types are named."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from senlin_operator.kube.conditions import ConditionType, Reason

ROOT = Path(__file__).parents[3]
CONDITIONS = ROOT / "docs" / "conditions.md"
PAGES = ROOT / "docs" / "reasons"
INDEX = PAGES / "README.md"
SECTIONS = ["What it means", "Cause", "What to do", "How it ends", "Example"]
DEFINITIONS = {file.name: yaml.safe_load(file.read_text()) for file in ROOT.glob("crds/*.yaml")}
LINK = re.compile(r"\]\(([^)#:]*\.md)(?:#([^)]+))?\)")
ROW = re.compile(r"^\| \[`(\w+)`\]\(reasons/([\w.#]+)\) \| (.+) \|$", re.MULTILINE)
TOGETHER = PAGES / "NothingToDo.md"  # has a section for each reason that asks nothing of anybody
SECTION = re.compile(r"^## (\w+)\n\n(.+?)\n\n```text\n[^\n]+\n```$", re.MULTILINE | re.DOTALL)
WITH_OTHERS = [name for name, _ in SECTION.findall(TOGETHER.read_text())]
WITH_A_PAGE = [reason for reason in Reason if reason not in WITH_OTHERS]
NAMES = re.compile(r"\b(?:[A-Z][a-z]+){2,}\b")  # OfSuchAForm
NAMED = re.compile(r"\b(?:conditions?|reasons?)\s+([A-Z][A-Za-z]+)")


def test_the_pages_are_those_of_the_reasons() -> None:
    pages = {page.stem for page in PAGES.glob("*.md")} - {"README", TOGETHER.stem}

    assert pages == set(WITH_A_PAGE)
    assert set(WITH_OTHERS) < set(Reason)
    assert re.findall(r"^## (.+)", TOGETHER.read_text(), flags=re.MULTILINE) == WITH_OTHERS


def test_the_table_of_conditions_has_each_reason_in_the_code_s_order() -> None:
    rows = ROW.findall(CONDITIONS.read_text())

    assert [name for name, _, _ in rows] == [str(reason) for reason in Reason]
    assert [place_of(name) for name, _, _ in rows] == [place for _, place, _ in rows]
    assert all(line.endswith(".") and len(line) < 100 for _, _, line in rows)


def test_the_index_has_each_reason_once() -> None:
    links = re.findall(r"\[(\w+)\]\(([\w.#]+)\)", INDEX.read_text())

    assert sorted(links) == sorted((reason, place_of(reason)) for reason in Reason)


@pytest.mark.parametrize("reason", WITH_A_PAGE)
def test_a_page_has_all_sections(reason: Reason) -> None:
    title, *sections = re.split(r"^#+ ", (PAGES / f"{reason}.md").read_text(), flags=re.M)[1:]
    texts = dict(section.split("\n", 1) for section in sections)

    assert title.strip() == reason
    assert list(texts) == SECTIONS
    assert all(text.strip() for text in texts.values())
    assert re.fullmatch(r"\s*```text\n.+\n```\s*", texts["Example"])


@pytest.mark.parametrize("page", [CONDITIONS, *sorted(PAGES.glob("*.md"))], ids=lambda it: it.stem)
def test_links_lead_to_existing_pages_and_headings(page: Path) -> None:
    for place, heading in LINK.findall(page.read_text()):
        linked = page.parent / place
        assert linked.is_file(), place
        assert not heading or heading in anchors(linked)


@pytest.mark.parametrize("file", DEFINITIONS)
def test_a_definition_names_existing_reasons_and_types(file: str) -> None:
    """A CamelCase word is a reason, a type, a kind, or a value that a definition defines."""
    kinds = {it["spec"]["names"]["kind"] for it in DEFINITIONS.values()}
    others = {"OpenStack"} | kinds | {f"{kind}s" for kind in kinds}
    values = {value for values in values_of(DEFINITIONS[file], "enum") for value in values}
    conditions = {*Reason, *ConditionType}

    for text in [
        *values_of(DEFINITIONS[file], "description"),
        *values_of(DEFINITIONS[file], "message"),
    ]:
        if isinstance(text, str):
            assert set(NAMES.findall(text)) <= conditions | others | values, text
            assert set(NAMED.findall(text)) <= conditions, text


def test_a_definition_explains_its_condition_types() -> None:
    for definition in DEFINITIONS.values():
        schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        text = schema["properties"]["status"]["properties"]["conditions"]["description"]
        explained = re.findall(r"\b([A-Z][A-Za-z]+):", text)

        assert {"Ready", "Reconciling", "Stalled"} <= set(explained) <= set(ConditionType)


def place_of(reason: str) -> str:
    """Return the target of a link to what is said about a reason."""
    return f"{TOGETHER.name}#{reason.lower()}" if reason in WITH_OTHERS else f"{reason}.md"


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)", page.read_text(), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", it.lower()).replace(" ", "-") for it in headings}


def values_of(node: Any, key: str) -> Iterator[Any]:
    """Yield the values under the key, at any depth."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name == key:
                yield value
            yield from values_of(value, key)
    elif isinstance(node, list):
        for value in node:
            yield from values_of(value, key)
