"""Every rule, in the order in which they hear of an event. What one concludes, those after it hear too."""

from typing import Any

from schemas.words import Millis
from streams.rules.abandonment import Abandonment
from streams.rules.base import Rule
from streams.rules.book import RuleBook
from streams.rules.contacts import Contacts
from streams.rules.outreach import Outreach
from streams.rules.settings import RuleSet

DEFAULT_BOOK = RuleBook.single(RuleSet.from_mapping({}))
"""The rules as they are without a file."""


def all_rules(book: RuleBook, lateness: Millis) -> tuple[Rule[Any], ...]:
    """The rules under ``book``. A new one is registered here, and nowhere else.

    ``lateness``: that of the hosting kernel.
    """
    return (Abandonment(book), Contacts(book), Outreach(book, lateness))


RULES = all_rules(DEFAULT_BOOK, 0)
"""The rules with their defaults: for their names, the types of their states, and the contract suite."""
