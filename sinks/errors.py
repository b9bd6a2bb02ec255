"""Every error that landing raises on purpose, named by what the caller must do.

* SinkError
  x FixTarget      the target is not what it was said to be; the message names it and the way out
  x Unavailable    ClickHouse or the broker gave no answer; trying again may help
  x QueryFailed    ClickHouse refused a statement; ``code`` is its own
  x Refused        going on would break a promise; the message says which, and the way out
"""


class SinkError(Exception):
    """Base of all."""


class FixTarget(SinkError):
    """The target is not what it was said to be."""


class Unavailable(SinkError):
    """ClickHouse or the broker gave no answer."""


class QueryFailed(SinkError):
    """ClickHouse refused a statement. ``code`` is ClickHouse's number of the error, 0 if it gave none."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Refused(SinkError):
    """Going on would break a promise."""
