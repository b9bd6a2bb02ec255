"""What a kernel knows of the rules, which may change while it is at work."""

import logging

from schemas.errors import BrokerUnavailable
from schemas.words import Millis
from streams.clock import Clock
from streams.errors import Unavailable
from streams.rule_log import KNOWN_FOR, read_rules
from streams.rules.book import RuleBook
from streams.settings import Settings

log = logging.getLogger(__name__)

AGAIN = 0.05
"""Of the time for which rules are known: how much of it passes between two tries that fail."""


class KnownRules:
    """The book, as far as it is known for the moment that is asked about.

    Whoever publishes an activation does so NOTICE before; so what was read is all that there is up to
    KNOWN_FOR after it was read. The log is asked again when half of that has passed in the time of the log:
    a kernel that works off a backlog needs nothing new.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        """Raises Refused if there are no rules yet, FixConfiguration, Unavailable."""
        self._settings = settings
        self._clock = clock
        self._lasts = settings.clock.lasts(KNOWN_FOR)
        self._book, self._until = self._read()
        self._ask_at = self._until - self._lasts // 2

    def __call__(self, clock: Millis) -> RuleBook:
        """A book that lacks no activation up to ``clock``, the kernel's. The same one if nothing is new.

        Raises Unavailable if that can't be known: the kernel stands still until it can.
        """
        if clock >= self._ask_at:
            self._ask(clock)
        return self._book

    def _ask(self, clock: Millis) -> None:
        try:
            book, self._until = self._read()
        except Unavailable as failure:
            if clock >= self._until:
                raise
            log.warning("the rules can't be read again yet: %s", failure)
            self._ask_at = clock + int(self._lasts * AGAIN)
            return
        self._ask_at = max(self._until - self._lasts // 2, clock + 1)
        if book.activations != self._book.activations:
            log.info("the rules: %s", ", ".join(f"{one.version} from {one.at}" for one in book.activations))
            self._book = book

    def _read(self) -> tuple[RuleBook, Millis]:
        """The book, and up to when it lacks nothing."""
        now = self._clock.now()
        try:
            return read_rules(self._settings), now + self._lasts
        except BrokerUnavailable as silent:
            raise Unavailable(str(silent)) from silent
