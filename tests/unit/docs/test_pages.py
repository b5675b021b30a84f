"""The pages for contributors name what is there: every path, identifier and command exists."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.unit.docs import sources
from tests.unit.docs.sources import ROOT, tracked

PACKAGE = ROOT / "operator" / "senlin_operator"
PAGES = [
    ROOT / "CONTRIBUTING.md",
    *(ROOT / "docs" / name for name in ("architecture.md", "conditions.md", "glossary.md")),
    *(ROOT / "docs" / name for name in ("security.md", "releasing.md")),
    *sorted((ROOT / "docs" / "decisions").glob("*.md")),
]
EVERY = sorted({*PAGES, *sources.pages()})
SUFFIXES = ("py", "md", "yaml", "toml", "txt", "json", "go", "sh", "tpl")
# Places that a path on these pages may start from.
BASES = (ROOT, PACKAGE, ROOT / "docs", ROOT / "operator", ROOT / "deploy/helm/senlin-operator")
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_PATH = re.compile(rf"[\w.<>*…-]+(?:/[\w.<>*…-]*)+|[\w-]+\.(?:{'|'.join(SUFFIXES)})")
_NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*(?:\(\))?")
_MAKE = re.compile(r"\bmake ((?:[a-z][\w-]*\s?)+)")


def spans(page: Path) -> Iterator[str]:
    """Yield the code spans of a page; its fenced blocks are commands or pictures."""
    yield from re.findall(r"`([^`\n]+)`", _FENCED.sub("", page.read_text()))


@cache
def words() -> frozenset[str]:
    """Return every word of the code, the definitions, the chart and the settings of tools."""
    code = (it for it in tracked() if it.suffix != ".md" and it.suffix not in (".svg", ".sum"))
    texts = (path.read_text(errors="ignore") for path in code)
    return frozenset(word for text in texts for word in re.findall(r"[A-Za-z_]\w*", text))


def exists(path: str) -> bool:
    """Return whether a path exists; <kind> and … stand for any one name.

    Paths of URLs, annotations, users' files, and files that `make` writes are not in the
    repository.
    """
    foreign = ("/", "~", ".venv", ".sandbox", "clouds.yaml", "senlin.openstack.org/")
    if path.startswith(foreign):
        return True
    if "/" not in path:
        return any(it.name == path for it in tracked()) or (ROOT / path).exists()
    pattern = re.sub(r"<\w+>|…", "*", path).rstrip("/")
    return any(any(base.glob(pattern)) for base in BASES)


@pytest.mark.parametrize("page", PAGES, ids=lambda it: it.stem)
def test_every_path_exists(page: Path) -> None:
    named = [span.split(": ")[0] for span in spans(page) if _PATH.fullmatch(span.split(": ")[0])]

    assert [path for path in named if not exists(path)] == []


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)", _FENCED.sub("", page.read_text()), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", it.lower()).replace(" ", "-") for it in headings}


@pytest.mark.parametrize("page", EVERY, ids=lambda it: str(it.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", _FENCED.sub("", page.read_text()))
    targets = [(page.parent / place if place else page, heading) for place, heading in links]

    assert [str(it) for it, _ in targets if not it.exists()] == []
    assert [it for it in targets if it[1] and it[1] not in anchors(it[0])] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda it: it.stem)
def test_every_identifier_exists(page: Path) -> None:
    named = [span for span in spans(page) if _NAME.fullmatch(span) and not _PATH.fullmatch(span)]

    unknown = [it for it in named if not set(re.findall(r"\w+", it)) <= words()]

    assert unknown == []


@pytest.mark.parametrize("page", PAGES, ids=lambda it: it.stem)
def test_every_make_target_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    commands = [*spans(page), *(body for _, body in _FENCED.findall(page.read_text()))]

    named = {it for text in commands for run in _MAKE.findall(text) for it in run.split()}

    assert named - targets == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda it: it.stem)
def test_every_path_in_a_command_exists(page: Path) -> None:
    shells = [body for language, body in _FENCED.findall(page.read_text()) if language == "sh"]
    unquoted = [re.sub(r"'[^']*'", "", body) for body in shells]

    named = {it for body in unquoted for it in re.findall(r"(?<![\w./-])[a-z]\w*/[\w./-]*", body)}

    assert {it for it in named if not (ROOT / it).exists()} == set()
