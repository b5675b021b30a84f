"""Small line charts side by side, as an SVG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999999")
COLUMNS = 3
WIDTH, HEIGHT = 400, 230  # of a chart with its title and legend
LEFT, TOP, RIGHT = 52, 30, 12
PLOT = (WIDTH - LEFT - RIGHT, 120)
LEGEND = 14  # a line
LEGEND_COLUMNS, LEGEND_ROWS = 2, 3
LETTERS = 24  # in a legend
GAP = 5.0  # seconds without a value: the line is interrupted


@dataclass(frozen=True, slots=True)
class Line:
    """The course of a value."""

    label: str
    points: Sequence[tuple[float, float]]  # seconds since the beginning, and the value


@dataclass(frozen=True, slots=True)
class Chart:
    """Some lines under one title."""

    title: str
    unit: str
    lines: Sequence[Line]


def picture(title: str, charts: Sequence[Chart], seconds: float) -> str:
    """Return the SVG of charts over the same time."""
    rows = math.ceil(len(charts) / COLUMNS)
    width, height = COLUMNS * WIDTH, rows * HEIGHT + TOP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        ' font-family="sans-serif" font-size="11" fill="#333">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="{LEFT}" y="20" font-size="14" font-weight="bold">{escape(title)}</text>',
    ]
    for number, chart in enumerate(charts):
        row, column = divmod(number, COLUMNS)
        place = f"translate({column * WIDTH},{row * HEIGHT + TOP})"
        parts += [f'<g transform="{place}">', *_chart(chart, seconds), "</g>"]
    return "\n".join([*parts, "</svg>", ""])


def _chart(chart: Chart, seconds: float) -> list[str]:
    width, height = PLOT
    top = _round_up(max((value for line in chart.lines for _, value in line.points), default=1.0))
    parts = [f'<text x="{LEFT}" y="{TOP - 10}" font-weight="bold">{escape(chart.title)}</text>']
    for part in (0, 0.5, 1):
        y = TOP + height * (1 - part)
        parts += [
            f'<line x1="{LEFT}" x2="{LEFT + width}" y1="{y:g}" y2="{y:g}" stroke="#ddd"/>',
            f'<text x="{LEFT - 5}" y="{y + 4:g}" text-anchor="end">'
            f"{_shown(top * part, chart.unit)}</text>",
        ]
    for minute in range(int(seconds // 60) + 1):
        x = LEFT + width * minute * 60 / seconds
        y = TOP + height + 13
        parts.append(f'<text x="{x:.0f}" y="{y}" text-anchor="middle">{minute} min</text>')
    for number, line in enumerate(chart.lines):
        colour = COLOURS[number % len(COLOURS)]
        parts.append(_path(line, seconds, top, colour))
        parts += _legend(number, line.label, colour)
    return parts


def _path(line: Line, seconds: float, top: float, colour: str) -> str:
    width, height = PLOT
    before = -math.inf
    parts = []
    for at, value in line.points:
        pen = "L" if at - before < GAP else "M"
        before = at
        x, y = LEFT + width * at / seconds, TOP + height * (1 - value / top)
        parts.append(f"{pen}{x:.1f} {y:.1f}")
    return f'<path d="{"".join(parts)}" fill="none" stroke="{colour}" stroke-width="1.5"/>'


def _legend(number: int, label: str, colour: str) -> list[str]:
    if number >= LEGEND_COLUMNS * LEGEND_ROWS:
        return []
    row, column = divmod(number, LEGEND_COLUMNS)
    x, y = LEFT + column * PLOT[0] / LEGEND_COLUMNS, TOP + PLOT[1] + 30 + row * LEGEND
    text = label if len(label) <= LETTERS else f"{label[: LETTERS - 1]}…"
    return [
        f'<rect x="{x:g}" y="{y - 7}" width="10" height="3" fill="{colour}"/>',
        f'<text x="{x + 14:g}" y="{y}">{escape(text)}</text>',
    ]


def _round_up(value: float) -> float:
    """Return 1, 2 or 5 times a power of ten, as an axis should end."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value * 0.999)


def _shown(value: float, unit: str) -> str:
    match unit:
        case "s" if 0 < value < 1:
            return f"{value * 1000:g} ms"
        case "s":
            return f"{value:g} s"
        case "bytes":
            return f"{value / 1e6:g} MB"
        case "ops" | "reqps" | "wps":
            return f"{value:g}/s"
        case _:
            return f"{value:g}"
