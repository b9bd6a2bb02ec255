"""The morning report as text for a terminal, and as one page of HTML that needs nothing else."""

from collections.abc import Iterator
from html import escape
from importlib.resources import files
from itertools import groupby

from dashboards.morning import WEEKS, Figure, Report


def amount(value: float | None, figure: Figure) -> str:
    """A number with its unit."""
    if value is None:
        return "–"
    if figure.unit == "money":
        return f"{value:,.2f} {figure.currency}"
    return {"percent": f"{value:.1f} %", "minutes": f"{value:.0f} min"}.get(figure.unit, _count(value))


def _count(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def change(figure: Figure) -> str:
    """With its sign, and an arrow."""
    if figure.change is None:
        return "–"
    arrow = "=" if round(figure.change) == 0 else "▲" if figure.change > 0 else "▼"
    unit = " points" if figure.unit == "percent" else " %"
    return f"{arrow} {figure.change:+.0f}{unit}"


def heading(report: Report) -> str:
    """What the report is of."""
    return f"{report.day:%A, %d %B %Y} (UTC), against the same weekday of the {WEEKS} weeks before"


def news(report: Report) -> list[str]:
    """What changed most, in words."""
    if not report.known:
        return ["Nothing at all has landed of this day.", *_landed(report)]
    told = [f"{one.section}: {one.measure} {amount(one.value, one)}, {change(one)}" for one in report.changed]
    compared = any(one.usual is not None for one in report.figures)
    return told or ["Nothing changed." if compared else "There is nothing to compare with yet."]


def _landed(report: Report) -> Iterator[str]:
    if report.landed:
        days = " to ".join(dict.fromkeys(map(str, report.landed)))
        yield f"What has landed is of {days}."


def text(report: Report) -> str:
    """For a terminal."""
    lines = [heading(report), "", "What changed most", *(f"  {line}" for line in news(report)), ""]
    for section, figures in groupby(report.figures, key=lambda one: one.section):
        lines += [
            f"{section:<34}{'the day':>18}{'usual':>18}{'change':>14}   the weeks before, the latest first"
        ]
        lines += [_line(one) for one in figures] + [""]
    return "\n".join(lines)


def _line(one: Figure) -> str:
    before = "  ".join(amount(value, one) for value in one.before)
    usual = amount(one.usual, one)
    return f"  {one.measure:<32}{amount(one.value, one):>18}{usual:>18}{change(one):>14}   {before}"


def html(report: Report) -> str:
    """A page of its own: styles inside, no script, nothing from elsewhere."""
    style = files("dashboards").joinpath("morning.css").read_text(encoding="utf-8")
    title = escape(f"Morning report, {report.day}")
    said = "".join(f"<li>{escape(line)}</li>" for line in news(report))
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>\n{style}</style>\n</head>\n<body>\n<h1>Morning report</h1>\n"
        f"<p>{escape(heading(report))}</p>\n"
        f"<h2>What changed most</h2>\n<ul>{said}</ul>\n"
        f"<div><table>\n{''.join(_sections(report))}</table></div>\n</body>\n</html>\n"
    )


def _sections(report: Report) -> Iterator[str]:
    weeks = "".join(f"<th>−{back} w</th>" for back in range(1, WEEKS + 1))
    for section, figures in groupby(report.figures, key=lambda one: one.section):
        rows = "".join(_row(one) for one in figures)
        head = f"<tr><th>{escape(section)}</th><th>The day</th><th>Usual</th><th>Change</th>{weeks}</tr>"
        yield f"<tbody>\n{head}\n{rows}</tbody>\n"


def _row(one: Figure) -> str:
    cells = [amount(one.value, one), amount(one.usual, one), change(one)]
    cells += [amount(value, one) for value in one.before]
    return f"<tr><th>{escape(one.measure)}</th>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>\n"
