"""Questions that aren't panels, as SQL with parameters."""

from functools import cache
from importlib.resources import files


@cache
def timeline() -> str:
    """All that is known of one customer, the latest first. Parameters: shop, profile, limit."""
    return files("dashboards").joinpath("timeline.sql").read_text(encoding="utf-8")
