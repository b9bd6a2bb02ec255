"""Every error that the contracts raise on purpose, named by what the caller must do.

* ContractError
  x BadRecord            a record can't be read or obeyed: keep it (dead letter), go on with the next
  x Unencodable          the program holds a value that its contract forbids: a bug, or an unchecked input
  x FixSchemas           the schema files, or a registry's schemas, are wrong; the message says which and why
  x RegistryUnavailable  the registry gave no answer; trying again may help
  x FixTopics            a topic on the broker is not as heedful needs it; the message says what to do
  x FixAccess            the broker lets us not in, or not do something; the message says what to do
  x BrokerUnavailable    the broker gave no answer; trying again may help
"""


class ContractError(Exception):
    """Base of all."""


class BadRecord(ContractError):
    """A record can't be read or obeyed.

    ``reason`` is one of ``schemas.errors.REASONS`` and never changes its name: dashboards and rules for
    re-driving dead letters rest on it. ``detail`` is for people.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class Unencodable(ContractError):
    """A value does not fit its contract."""


class FixSchemas(ContractError):
    """The schema files, or a registry's schemas, are wrong."""


class RegistryUnavailable(ContractError):
    """The registry gave no answer."""


class FixTopics(ContractError):
    """A topic on the broker is not as heedful needs it."""


class FixAccess(ContractError):
    """The broker does not accept who we say we are, or does not allow what we need."""


class BrokerUnavailable(ContractError):
    """The broker gave no answer."""


REASONS = {
    "null_value": "no value (a tombstone), where an event was expected",
    "too_large": "longer than the limit",
    "not_framed": "does not begin with a zero byte and a schema id",
    "unknown_schema": "the registry has no schema under that id, or one that can't be read",
    "wrong_subject": "a contract that has no place on this topic",
    "not_avro": "the body does not follow its schema",
    "trailing_bytes": "bytes are left after the record",
    "wrong_field": "a field is missing, not known, or not of its type (files of JSON)",
    "impossible_number": "an amount of more than 18 digits, or not in one to eight bytes",
    "empty_id": "an id is empty or a placeholder such as null, undefined, 0, guest",
    "impossible_shop": "the shop is empty or holds a slash, which separates it from the id in keys",
    "impossible_time": "a time before the year 2000 or after 2100",
    "impossible_quantity": "a quantity below one or above a billion",
    "impossible_clock": "a clock of a task that can't be, or after 2100",
    "too_long": "an id of more than 256 characters, another text of more than 1,024 (addresses: 8,192), or "
    "more than 1,000 lines",
    "from_the_future": "received more than five minutes after it was written, or happened more than five "
    "minutes after it was received (found by kernels)",
    "key_full": "of a visitor or customer of whom too much is known to remember more (found by kernels)",
}
"""Every reason for which a record is bad, and what it means."""
