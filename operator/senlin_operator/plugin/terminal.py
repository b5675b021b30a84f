"""What a terminal shows: colours, trees, tables, and a line that says what is waited for."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TextIO

from senlin_operator.telemetry.lengths import COMMANDS

_ERASE = "\r\x1b[K"
_CODES = re.compile(r"\x1b\[[0-9;]*m")
# Of texts that others write, such as names in Senlin: they must not command the terminal.
_CONTROLS = re.compile(f"[\x00-\x08\x0b-\x1f{COMMANDS}]")


class Colour(Enum):
    """What a text is, shown by a colour."""

    GOOD = "32"
    BAD = "31"
    CHANGING = "33"
    HEADING = "1"
    ASIDE = "2"


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours texts, or leaves them as they are."""

    colours: bool

    @classmethod
    def of(cls, stream: TextIO, environ: Mapping[str, str]) -> "Palette":
        """Return colours for a terminal whose user has not refused them (https://no-color.org)."""
        refused = environ.get("NO_COLOR") or environ.get("TERM") == "dumb"
        return cls(stream.isatty() and not refused)

    def paint(self, text: object, colour: Colour) -> str:
        return f"\x1b[{colour.value}m{text}\x1b[0m" if self.colours and text else str(text)


@dataclass(frozen=True, slots=True)
class Branch:
    """A line of a tree, and what is below it."""

    text: str
    below: Sequence["Branch"] = ()


def clean(text: object) -> str:
    """Return a text without characters that command a terminal, in one line."""
    return " ".join(_CONTROLS.sub("", str(text)).split())


def tree(root: Branch) -> Iterator[str]:
    """Yield the lines of a tree."""
    yield root.text
    yield from _below(root, "")


def _below(branch: Branch, indent: str) -> Iterator[str]:
    for number, each in enumerate(branch.below, 1):
        last = number == len(branch.below)
        yield f"{indent}{'└── ' if last else '├── '}{each.text}"
        yield from _below(each, indent + ("    " if last else "│   "))


def columns(rows: Sequence[Sequence[str]], gap: int = 2) -> list[str]:
    """Return the rows as lines whose cells stand below each other."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    lines = (
        (" " * gap).join(
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        )
        for row in rows
    )
    return [line.rstrip() for line in lines]


def _width(text: str) -> int:
    return len(_CODES.sub("", text))


class Progress:
    """A line on a terminal that says what is waited for, and goes when the result comes."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream if stream.isatty() else None

    def say(self, text: str) -> None:
        if self._stream:
            self._stream.write(f"{_ERASE}{text} …")
            self._stream.flush()

    def clear(self) -> None:
        if self._stream:
            self._stream.write(_ERASE)
            self._stream.flush()
