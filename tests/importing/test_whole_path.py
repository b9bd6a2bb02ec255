"""Files through broker, kernels and ClickHouse: the same signals, by id, as a replay gives."""

from pathlib import Path

import pytest

from tests.formats.files import REES46, written
from tests.importing.commanding import heedful, rows
from tests.replay.commanding import replay, thresholds

pytestmark = [pytest.mark.broker, pytest.mark.slow]

SIGNALS = "SELECT signal_id, stage, device FROM v_abandonment ORDER BY signal_id"
RULES = ("--lateness", "0s", *thresholds("30m"))


def replayed(folder: Path, form: str, file: Path, *arguments: str) -> list[dict[str, str]]:
    """The signals of a replay, as ClickHouse would tell them."""
    signals = replay(folder, form, file, *arguments).signals()
    found = [
        {"signal_id": one["event_id"], "stage": one["stage"], "device": one["device"]} for one in signals
    ]
    return sorted(found, key=lambda one: one["signal_id"])


def test_own_file(tmp_path: Path) -> None:
    left = (f"2022-10-01 10:{n:02}:00 UTC,cart,11,2.50,700{n},sess-{n}" for n in range(5))
    bought = "2022-10-01 10:31:30 UTC,purchase,11,2.50,7001,sess-1"
    last = "2022-10-01 10:32:00 UTC,view,12,3.00,7009,sess-9"
    file = written(tmp_path, REES46, *left, bought, last, name="shop.csv")
    said = heedful(tmp_path, "import", "--format", "rees46", file, "--run", *RULES)
    assert "7 events on cx.*" in said
    expected = replayed(tmp_path, "rees46", file, *RULES)
    assert len(expected) == 3
    assert rows(tmp_path, SIGNALS) == expected
    came_back = (
        "SELECT visitor_id, recovered_at FROM v_abandonment WHERE recovered_any OR recovered_at IS NOT NULL"
    )
    assert rows(tmp_path, came_back) == [{"visitor_id": "sess-1", "recovered_at": "2022-10-01 10:31:30.000"}]


def test_another_threshold_is_another_run(tmp_path: Path) -> None:
    rows_ = ("2022-10-01 10:00:00 UTC,cart,11,2.50,7001,s-1", "2022-10-01 12:30:00 UTC,view,1,1,7002,s-2")
    file = written(tmp_path, REES46, *rows_, name="shop.csv")
    for after in ("30m", "1h"):
        words = ("--run", "--lateness", "0s", *thresholds(after))
        heedful(tmp_path, "import", "--format", "rees46", file, *words)
        assert rows(tmp_path, SIGNALS) == replayed(tmp_path, "rees46", file, *words[1:])


@pytest.mark.data
@pytest.mark.parametrize("partitions", ["1", "4"])
def test_rees46(third_party: Path, tmp_path: Path, partitions: str) -> None:
    file = third_party / "shop_rees46_cosmetics" / "data_2022_nov.csv"
    heedful(tmp_path, "import", "--format", "rees46", file, "--run", "--partitions", partitions, *RULES)
    found = rows(tmp_path, SIGNALS)
    assert len(found) == 16
    assert found == replayed(tmp_path, "rees46", file, *RULES)


@pytest.mark.data
def test_retentioneering(third_party: Path, tmp_path: Path) -> None:
    file = third_party / "shop_retentioneering" / "ecom.csv.gz"
    arguments = ("--until", "+1d", *RULES)
    heedful(tmp_path, "import", "--format", "retentioneering", file, "--run", *arguments)
    counts = rows(
        tmp_path, "SELECT stage, toUInt32(count()) AS n FROM v_abandonment GROUP BY stage ORDER BY n"
    )
    assert counts == [
        {"stage": "checkout", "n": 155},
        {"stage": "payment", "n": 205},
        {"stage": "cart", "n": 496},
    ]
    assert rows(tmp_path, SIGNALS) == replayed(tmp_path, "retentioneering", file, *arguments)
    abandoned = """
        WITH carts AS (SELECT DISTINCT session_id FROM raw_cart WHERE type = 'product_added'),
             orders AS (SELECT DISTINCT session_id FROM raw_cart WHERE type = 'order_completed')
        SELECT toUInt32(count()) AS sessions, toUInt32(countIf(session_id NOT IN orders)) AS abandoned
        FROM carts
    """
    assert rows(tmp_path, abandoned) == [{"sessions": 1_213, "abandoned": 743}]
