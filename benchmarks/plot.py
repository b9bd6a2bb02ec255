"""A picture of what each side needs: a dot for the median, a line from the least to the most."""

import math
from collections.abc import Iterator, Sequence
from html import escape
from statistics import median
from typing import NamedTuple

LEFT, WIDTH, RIGHT, ROW, TOP = 130, 480, 110, 30, 50
STYLE = (
    "text{font:13px sans-serif;fill:#888}line{stroke:#888}"
    ".range{stroke:#2a78c8;stroke-width:3}circle{fill:#2a78c8}"
)


class Bar(NamedTuple):
    """One side, and what each of its rounds needed."""

    name: str
    values: Sequence[float]


def plot(title: str, bars: Sequence[Bar]) -> str:
    """SVG. The axis is logarithmic: sides differ by orders of magnitude."""
    values = [value for bar in bars for value in bar.values] or [1.0]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)) + 1e-9)
    height = TOP + ROW * len(bars) + 10

    def across(value: float) -> float:
        return LEFT + WIDTH * (math.log10(value) - low) / max(1, high - low)

    parts = [f'<text x="10" y="18">{escape(title)}</text>']
    for power in range(low, max(high, low + 1) + 1):
        parts += _gridline(across(10**power), f"{10**power:g}", height)
    for number, bar in enumerate(bars):
        parts += _row(bar, TOP + ROW * number + ROW / 2, [across(value) for value in bar.values])
    size = f'width="{LEFT + WIDTH + RIGHT}" height="{height}"'
    body = "\n".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n<style>{STYLE}</style>\n{body}\n</svg>\n'


def _gridline(x: float, label: str, height: int) -> Iterator[str]:
    yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 8}" y2="{height}" opacity="0.3"/>'
    yield f'<text x="{x:.1f}" y="{TOP - 12}" text-anchor="middle">{label}</text>'


def _row(bar: Bar, y: float, places: Sequence[float]) -> Iterator[str]:
    yield f'<text x="{LEFT - 10}" y="{y + 4}" text-anchor="end">{escape(bar.name)}</text>'
    yield f'<line class="range" x1="{min(places):.1f}" x2="{max(places):.1f}" y1="{y}" y2="{y}"/>'
    yield f'<circle cx="{median(places):.1f}" cy="{y}" r="5"/>'
    yield f'<text x="{max(places) + 12:.1f}" y="{y + 4}">{median(bar.values):,.1f}</text>'
