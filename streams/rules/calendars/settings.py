"""Business hours as they are written: the ``calendars`` tables of ``heedful.toml``.

[calendars.support]                 # any name; policies refer to it
time_zone = "Europe/Berlin"
country = "DE"                      # whose public holidays are closed; left out: nobody's
subdivision = "BW"                  # of the country; left out: only those kept everywhere in it
categories = ["public"]             # of public holidays
holidays = ["2026-12-24 Christmas Eve", "2026-12-27..2026-12-31"]  # more closed days; names are optional
special_days = { "2026-12-23" = ["09:00-12:00"] }                  # days with hours of their own

[calendars.support.hours]           # local; 24:00 is the end of the day; days not named are closed
mon-thu = ["09:00-12:30", "13:30-17:00"]
fri = ["09:00-15:00"]
"""

from datetime import date
from functools import lru_cache
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    Field,
    PrivateAttr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from streams.rules.calendars.calendar import ANCHOR, Calendar, Week
from streams.rules.calendars.public_holidays import PUBLIC, Region, days_off
from streams.rules.calendars.written import DAYS, Closure, Days, Intervals, LocalDay, named_days
from streams.rules.calendars.years import Interval
from streams.rules.tables import Table
from streams.rules.time_zones import ZoneName


def _each_day(hours: dict[str, tuple[Interval, ...]]) -> dict[str, tuple[Interval, ...]]:
    """The hours of each single day that has some, from Monday on, however they were written."""
    found: dict[str, tuple[Interval, ...]] = {}
    for days, intervals in hours.items():
        for day in named_days(days):
            if day in found:
                raise ValueError(f"{day} is named twice")
            found[day] = intervals
    if not any(found.values()):
        raise ValueError(
            "a calendar without hours is never open; write some, such as mon-fri = ['09:00-17:00']"
        )
    return {day: found[day] for day in DAYS if found.get(day)}


class CalendarSettings(Table):
    """One calendar. The module says what each key means."""

    time_zone: ZoneName
    hours: Annotated[dict[Days, Intervals], AfterValidator(_each_day)]
    country: str | None = None
    subdivision: str | None = None
    categories: Annotated[tuple[str, ...], Field(min_length=1)] = PUBLIC
    holidays: tuple[Closure, ...] = ()
    special_days: dict[LocalDay, Intervals] = Field(default_factory=dict)
    _calendar: Calendar = PrivateAttr()

    def calendar(self) -> Calendar:
        """The calendar that these settings describe: for equal content, the same object."""
        return self._calendar

    @field_validator("country")
    @classmethod
    def _is_a_country(cls, country: str | None) -> str | None:
        if country is not None:
            _check(Region(country))
        return country

    @field_validator("subdivision")
    @classmethod
    def _is_part_of_it(cls, part: str | None, told: ValidationInfo) -> str | None:
        if part is not None and (country := _country(told)):
            _check(Region(country, part))
        return part

    @field_validator("categories")
    @classmethod
    def _are_of_it(cls, categories: tuple[str, ...], told: ValidationInfo) -> tuple[str, ...]:
        if categories != PUBLIC and (country := _country(told)):
            _check(Region(country, None, categories))
        return categories

    @model_validator(mode="after")
    def _is_a_calendar(self) -> Self:
        self._calendar = _calendar(
            self.time_zone,
            tuple(self.hours.get(day, ()) for day in DAYS),
            self._region(),
            frozenset(day for off in self.holidays for day in off.each()),
            frozenset(self.special_days.items()),
        )
        return self

    def _region(self) -> Region | None:
        return None if self.country is None else Region(self.country, self.subdivision, self.categories)


def _country(told: ValidationInfo) -> str | None:
    """The country, if it is a good one; whether it is was said before."""
    if told.data.get("country", "") is None:
        raise ValueError("of which country? Write country too, such as country = 'DE'")
    return told.data.get("country")


def _check(region: Region) -> None:
    """Raises ValueError if nobody knows its public holidays."""
    days_off(region, ANCHOR)


@lru_cache(maxsize=1024)
def _calendar(
    zone: str,
    week: Week,
    region: Region | None,
    closed: frozenset[date],
    special: frozenset[tuple[date, tuple[Interval, ...]]],
) -> Calendar:
    """One calendar for each content: its years are unrolled once."""
    return Calendar(zone, week, region, closed, special)
