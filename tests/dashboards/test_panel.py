"""What a panel's file must say."""

import pytest

from dashboards.panel import FROM, UNTIL, BadPanel, Threshold, panels, read

HEAD = "-- title: T\n-- question: Q?\n-- dashboard: waiting\n-- chart: bar\n-- unit: minutes\n"
SQL = f"SELECT 1 WHERE now() >= {FROM}\n    AND now() < {UNTIL} -- not included"


def test_a_panel_is_what_its_file_says() -> None:
    found = read("p", f"{HEAD}-- thresholds: above 1.5 warning, above 2 critical\n-- live: yes\n{SQL}\n")
    assert (found.name, found.title, found.question) == ("p", "T", "Q?")
    assert (found.dashboard, found.chart, found.unit, found.live) == ("waiting", "bar", "minutes", True)
    assert found.thresholds == (Threshold("above", 1.5, "warning"), Threshold("above", 2, "critical"))
    assert found.sql == SQL


def test_what_need_not_be_said() -> None:
    found = read("p", HEAD + SQL)
    assert (found.thresholds, found.live) == ((), False)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param(HEAD.replace("-- title: T\n", "") + SQL, "title", id="no title"),
        pytest.param(HEAD.replace("bar", "pie") + SQL, "pie", id="a chart that nobody draws"),
        pytest.param(HEAD.replace("minutes", "parsecs") + SQL, "parsecs", id="a unit that nobody knows"),
        pytest.param(f"{HEAD}-- colour: red\n{SQL}", "colour", id="a word that nobody knows"),
        pytest.param(f"{HEAD}-- a remark\n{SQL}", "a remark", id="a remark among what is said"),
        pytest.param(f"{HEAD}-- thresholds: 5\n{SQL}", "'5'", id="a threshold without a side"),
        pytest.param(HEAD, "a statement", id="no statement"),
        pytest.param(f"{HEAD}SELECT {{shop:String}}", "shop", id="a parameter that nobody gives"),
        pytest.param(
            f"{HEAD}SELECT {{from:DateTime}}", "from:DateTime", id="a parameter of another precision"
        ),
    ],
)
def test_what_is_refused(text: str, why: str) -> None:
    with pytest.raises(BadPanel, match=why) as refused:
        read("the_panel", text)
    assert str(refused.value).startswith("the_panel: ")


def test_every_panel_of_the_package_is_good() -> None:
    assert len(panels()) > 20
    assert [each.name for each in panels()] == sorted(each.name for each in panels())
    assert len({each.title for each in panels()}) == len(panels())
    assert all(each.question.count("?") == 1 for each in panels())


@pytest.mark.parametrize("each", panels(), ids=lambda each: each.name)
def test_thresholds_grow_in_severity(each) -> None:
    order = ["warning", "critical"]
    assert [order.index(one.severity) for one in each.thresholds] == list(range(len(each.thresholds)))
    assert len({one.direction for one in each.thresholds}) <= 1
    values = [one.value if one.direction == "above" else -one.value for one in each.thresholds]
    assert values == sorted(values)
