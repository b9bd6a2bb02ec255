"""Public holidays, from the library ``holidays``: a pinned table of rules, like the time zones.

Only dates are taken: the names depend on the language of the machine. The library knows years up to 2100 for
most countries, some fewer (Sri Lanka: those that were proclaimed); of years that it doesn't know it says that
there are no holidays. Dates after a moon that is still to be seen are estimates.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import holidays
from holidays.registry import EntityLoader

PUBLIC = ("public",)


class Region(NamedTuple):
    """Whose public holidays: a country by ISO 3166, a part of it, and which kinds of holiday."""

    country: str
    subdivision: str | None = None
    categories: tuple[str, ...] = PUBLIC


@lru_cache(maxsize=4096)
def days_off(region: Region, year: int) -> frozenset[int]:
    """The holidays of that year, as proleptic ordinals, observed days in lieu among them.

    Raises ValueError if the library doesn't know the region, saying what it does know.
    """
    if region.country not in EntityLoader.get_country_codes():
        raise ValueError(f"country {region.country!r} is not known; write a code of ISO 3166, such as 'DE'")
    try:
        found = holidays.country_holidays(
            region.country, region.subdivision, years=year, expand=False, categories=region.categories
        )
    except (NotImplementedError, ValueError):
        raise ValueError(_unknown(region)) from None
    return frozenset(day.toordinal() for day in found)


def _unknown(region: Region) -> str:
    country = holidays.country_holidays(region.country)
    if region.subdivision is not None and region.subdivision not in country.subdivisions:
        parts = _listed(country.subdivisions)
        return f"subdivision {region.subdivision!r} is not known; {region.country} has {parts}"
    kinds = _listed(country.supported_categories)
    return f"categories {_listed(region.categories)} are not all known; {region.country} has {kinds}"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words) or "none"
