"""The commands that the pages give their readers, found in the pages themselves."""

import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

from tests.unit.docs.sources import ROOT, tracked

NOTES = "deploy/helm/senlin-operator/templates/NOTES.txt"
_FENCED = re.compile(r"^( *)```(sh|console)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_PROGRAM = r"(?:kubectl|helm|openstack|curl|sed|make|docker|url=)"
_IN_COMMENT = re.compile(rf"(?:^# {{3,}}{_PROGRAM}.*\n)+", re.MULTILINE)
_IN_NOTES = re.compile(rf"^ {{5}}{_PROGRAM}.*\n", re.MULTILINE)


def pages() -> list[Path]:
    """Return the files in which commands may stand; decisions are history."""
    return [
        path
        for path in tracked()
        if (path.suffix == ".md" and "decisions" not in path.parts)
        or (path.suffix == ".yaml" and path.is_relative_to(ROOT / "deploy" / "samples"))
        or path == ROOT / NOTES
    ]


def blocks(page: Path) -> list[str]:
    """Return the page's blocks of commands, without the output that some show."""
    return [block for block in _blocks(page) if block]


def _blocks(page: Path) -> Iterator[str]:
    text = page.read_text()
    if page.suffix == ".yaml":
        for match in _IN_COMMENT.finditer(text):
            yield re.sub(r"^# +", "", match[0], flags=re.MULTILINE)
    elif page == ROOT / NOTES:
        yield dedent("".join(_IN_NOTES.findall(text)))
    else:
        for _, language, body in _FENCED.findall(text):
            yield dedent(body) if language == "sh" else typed(dedent(body))


def typed(session: str) -> str:
    """Return what is typed in a session, that is, after its prompts."""
    return "".join(f"{line}\n" for line in re.findall(r"^\$ (.+)", session, flags=re.MULTILINE))
