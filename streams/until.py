"""Up to when a file is history: ``end``, a length of time after its end, or a moment."""

from dataclasses import dataclass

from schemas.jsonl import to_millis
from schemas.words import Millis
from streams.errors import FixConfiguration
from streams.rules.durations import duration


@dataclass(frozen=True, slots=True)
class Until:
    """``moment`` if it was named; else ``after`` the last event."""

    after: Millis = 0
    moment: Millis | None = None

    def reached(self, last_event: Millis | None) -> Millis | None:
        """How far time comes in the end; None if there was no event and no moment was named."""
        if self.moment is not None:
            return self.moment
        return None if last_event is None else last_event + self.after


def until(text: str) -> Until:
    """``end``, ``+1d`` or ``2024-07-01T00:00:00Z``. Raises FixConfiguration."""
    if text == "end":
        return Until()
    try:
        return Until(after=duration(text[1:])) if text.startswith("+") else Until(moment=to_millis(text))
    except ValueError as error:
        raise FixConfiguration(
            f"--until {text}: {error}; write end, +1d or a time such as 2024-07-01T00:00:00Z"
        ) from None
