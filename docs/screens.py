"""Pictures of terminals, drawn from the output that pages show."""

import re
from collections.abc import Sequence
from html import escape
from pathlib import Path

IMAGES = Path(__file__).parent / "img"
PAGE = Path(__file__).parent / "plugin.md"
SHOWN = ("tree", "plan")  # commands whose first output on the page becomes a picture
_CONSOLE = re.compile(r"```console\n\$ (kubectl senlin (\w+) .*?)\n(.*?)```", re.DOTALL)
_COLOURS = (  # of words, as the commands colour them
    (re.compile(r"\b(Ready|True|ACTIVE|SUCCEEDED|enabled)\b"), "#1a7f37"),
    (re.compile(r"\b(False|ERROR|FAILED)\b"), "#9a6700"),
    (re.compile(r"^\s+[+] .*"), "#1a7f37"),
    (re.compile(r"^\s+~ .*"), "#9a6700"),
    (re.compile(r"^\$ .*"), "#0550ae"),
)
_RUN = re.compile(r"^ | (?= )")
_LINE, _LETTER, _EDGE = 18, 7.9, 16


def screens() -> dict[Path, str]:
    """Return the pictures, by their files."""
    found: dict[str, str] = {}
    for command, name, output in _CONSOLE.findall(PAGE.read_text()):
        found.setdefault(name, f"$ {command}\n{output}")
    return {IMAGES / f"{name}.svg": _picture(found[name].splitlines()) for name in SHOWN}


def _picture(lines: Sequence[str]) -> str:
    width = _EDGE * 2 + round(max(map(len, lines)) * _LETTER)
    height = _EDGE * 2 + len(lines) * _LINE
    texts = (
        f'<text x="{_EDGE}" y="{_EDGE + (at + 1) * _LINE - 5}">{_coloured(line)}</text>'
        for at, line in enumerate(lines)
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
            f' width="{width}" font-family="monospace" font-size="13" fill="#1f2328">',
            f'<rect width="{width}" height="{height}" rx="6" fill="#f6f8fa" stroke="#d1d9e0"/>',
            *texts,
            "</svg>",
            "",
        ]
    )


def _coloured(line: str) -> str:
    # Chromium shows a run of spaces as one, with xml:space="preserve" too.
    line = _RUN.sub("\N{NO-BREAK SPACE}", escape(line))
    for pattern, colour in _COLOURS:
        if pattern.search(line):
            return pattern.sub(rf'<tspan fill="{colour}">\g<0></tspan>', line)
    return line
