"""Every reason of a condition is documented, and nothing else is."""

import re
from pathlib import Path

from senlin_operator.kube.conditions import Reason

PAGE = Path(__file__).parents[3] / "docs" / "conditions.md"
_SECTION = re.compile(r"^#+ Reasons\n(.*?)(?=^#|\Z)", re.MULTILINE | re.DOTALL)
_FIRST_COLUMN = re.compile(r"^\| *`([A-Za-z]+)`", re.MULTILINE)


def test_the_documented_reasons_are_those_of_the_code() -> None:
    section = _SECTION.search(PAGE.read_text())
    assert section is not None
    assert re.search(r"^\| Reason +\|", section[1], re.MULTILINE)

    documented = _FIRST_COLUMN.findall(section[1])

    assert sorted(documented) == sorted(Reason)
