"""What a kernel hosts: a processor, which turns events and passing time into outputs, and nothing else.

A processor knows one key at a time. It is given events in the order in which they happened, and is woken
when a deadline that it stated has passed. It reads no clock and does no I/O: ``streams.kernel`` and
``heedful replay`` host the same objects.
"""

from typing import Any, NamedTuple, Protocol, TypeVar

from schemas.topics import Output, Topic
from schemas.words import Millis


class Moment(NamedTuple):
    """Where the host stands, as values.

    ``clock``: no event before it is outstanding. ``now``: the time of people, which differs from the clock
    by the backlog. ``held``: history is being imported, nothing may be published to customers.
    ``heard``: what other keys of this kernel told this one in the time before it has arrived.
    """

    clock: Millis
    now: Millis
    held: bool
    heard: Millis


class Bulk(NamedTuple):
    """An input of which most events mean nothing, and the fields that tell which do.

    An event of ``topic`` changes nothing, and nothing follows from it, while nothing is known of its key,
    unless its field ``alone`` has a value; never if its field ``never`` is true. Its id need not be
    remembered. So a host may let it wait unread (``streams.kernel.waiting``), which is many times as fast.
    """

    topic: Topic
    key: tuple[str, str]
    """The fields of its key: the shop's, and the visitor's or profile's."""
    alone: str
    never: str


S = TypeVar("S")


class Processor(Protocol[S]):
    """A deterministic state machine over one key.

    ``apply``, ``late`` and ``wake`` return the state to keep; None forgets the key. They append what is
    to be published to ``out``. The state is a msgspec Struct owned by the processor; it may be mutated.
    """

    @property
    def name(self) -> str:
        """Keys its group, changelog and transactional ids, for ever."""

    @property
    def inputs(self) -> tuple[Topic, ...]:
        """The topics that it reads, all with the same number of partitions."""

    @property
    def bulk(self) -> Bulk | None:
        """The input of which most events mean nothing; None: there is none."""

    @property
    def state(self) -> type[S]:
        """The class of its state."""

    def key(self, event: Any) -> str:
        """The key that the event belongs to."""

    def remember(self, event: Any) -> Millis | None:
        """Until when the event's id is remembered, to drop a duplicate. None: applying twice is harmless."""

    def still_counts(self, state: S) -> Millis | None:
        """A second copy of an event whose id was to be remembered until this or longer would still count: its
        id is kept while that is so. None: none would, ids go when their time has passed.
        """

    def apply(self, state: S | None, event: Any, at: Moment, out: list[Output]) -> S | None:
        """The event happened; everything before it has been applied, every deadline before it has fired."""

    def late(self, state: S | None, event: Any, at: Moment, out: list[Output]) -> S | None:
        """The event happened before the clock: what was concluded since may have been wrong."""

    def deadline(self, state: S) -> Millis:
        """When to be woken next. Every state has one."""

    def wake(self, state: S, due: Millis, at: Moment, out: list[Output]) -> S | None:
        """``due``, the deadline stated, has passed. The next deadline must be later, or the state None."""
