"""Customers who wait for an answer: every contact, its clocks, and what was promised."""

from streams.rules.contacts.rule import Contacts, waiting
from streams.rules.contacts.turn import KnownContacts

__all__ = ["Contacts", "KnownContacts", "waiting"]
