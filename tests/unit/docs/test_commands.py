"""Each command of the pages is run by a test, or the table says why none can."""

import re

import pytest

from tests.pages.commands import blocks, pages
from tests.pages.table import FOLDERS, TABLE, By, Run
from tests.unit.docs.sources import ROOT

WATCHED = re.compile(r"kubectl .*\bget (?:senlin|openstack|\S+,\S+) (?:.* )?(?:-w|--watch)\b")
PLUGIN = ROOT / "tests" / "unit" / "docs" / "senlinclient.txt"


def name(page: str) -> str:
    return page.removeprefix("deploy/")


def test_the_table_has_every_page_with_commands() -> None:
    found = {str(page.relative_to(ROOT)) for page in pages() if blocks(page)}
    elsewhere = {page for page in found for folder in FOLDERS if page.startswith(f"{folder}/")}

    assert found - elsewhere == set(TABLE)


@pytest.mark.parametrize("page", TABLE, ids=name)
def test_the_table_has_every_block_of_a_page(page: str) -> None:
    assert len(TABLE[page]) == len(blocks(ROOT / page)), blocks(ROOT / page)


@pytest.mark.parametrize("page", TABLE, ids=name)
def test_what_is_put_in_the_place_of_text_has_text_to_replace(page: str) -> None:
    for block, entry in zip(blocks(ROOT / page), TABLE[page], strict=True):
        if isinstance(entry, Run):
            assert [old for old in entry.instead if old not in block] == []


@pytest.mark.parametrize("page", TABLE, ids=name)
def test_the_test_that_runs_a_page_names_it(page: str) -> None:
    tests = {entry.test for entry in TABLE[page] if isinstance(entry, By)}

    assert [it for it in tests if page.rpartition("/")[2] not in (ROOT / it).read_text()] == []


def test_no_page_watches_several_kinds() -> None:
    """Kubectl refuses that, and a category such as senlin stands for several."""
    assert [page for page in pages() if WATCHED.search(page.read_text())] == []


def test_the_commands_of_openstack_cluster_exist() -> None:
    """Those in code spans and blocks, as python-senlinclient 3.1.0 has them."""
    known = PLUGIN.read_text().splitlines()
    named = re.compile(r"openstack (cluster(?: [a-z]+)+)")

    unknown = {
        command
        for page in pages()
        for span in re.findall(r"`[^`\n]+`|^#? +openstack .+", page.read_text(), re.MULTILINE)
        for command in named.findall(span)
        if not any(f"{command} ".startswith(f"{it} ") for it in known)
    }

    assert unknown == set()
