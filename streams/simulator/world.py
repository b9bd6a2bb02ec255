"""The simulated world: visits, questions and robots, for ever, in the order in which their events arrive."""

import heapq
from collections.abc import Callable, Iterator
from itertools import count
from random import Random

from schemas.words import ContactChannel, Millis
from streams.simulator.arrival import Arrival, arrivals
from streams.simulator.help_desk import Contact, answer, joined, question
from streams.simulator.people import Person, Population
from streams.simulator.settings import HOUR, MINUTE, Traffic
from streams.simulator.shoppers import robot, visit
from streams.simulator.story import Story

RECENT = 200
"""So many of the last visitors are remembered as those who may come back, or ask."""


class World:
    """An endless, deterministic iterator over arrivals: same traffic, seed and start, same arrivals."""

    def __init__(self, traffic: Traffic, seed: int, start: Millis) -> None:
        self._traffic = traffic
        self._random = Random(seed)
        self._people = Population(traffic, self._random)
        self._recent: list[Person] = []
        self._order = count()
        self._pending: list[tuple[Millis, int, Arrival]] = []
        self._agenda: list[tuple[Millis, int, Callable[[Millis], None]]] = []
        self._plan(start, self._visits)
        self._plan(start, self._questions)
        self._plan(start + HOUR, self._erasures)

    def __iter__(self) -> Iterator[Arrival]:
        while True:
            starts_at = self._agenda[0][0]
            while self._pending and self._pending[0][0] <= starts_at:
                yield heapq.heappop(self._pending)[2]
            at, _, begin = heapq.heappop(self._agenda)
            begin(at)

    def _plan(self, at: Millis, begin: Callable[[Millis], None]) -> None:
        heapq.heappush(self._agenda, (at, next(self._order), begin))

    def _gap(self, per_hour: float) -> Millis:
        return 1 + int(self._random.expovariate(per_hour / HOUR))

    def _visits(self, at: Millis) -> None:
        """Somebody comes; the next one follows by chance."""
        if self._random.random() < self._traffic.bots:
            self._tell(robot(self._random, at))
        else:
            self._visit(self._people.anyone(), at)
        self._plan(at + self._gap(self._traffic.visits_per_hour), self._visits)

    def _visit(self, person: Person, at: Millis) -> None:
        if person.gone or at <= person.busy_until:
            return
        story = visit(self._random, self._people, person, at)
        self._tell(story)
        self._meet(person)
        self._maybe_again(person, story)

    def _maybe_again(self, person: Person, story: Story) -> None:
        """Who left something in a cart comes back sooner, on any of the devices."""
        left = any(gadget.lines for gadget in person.gadgets)
        if self._random.random() < (0.4 if left else 0.05):
            back = story.at + self._random.randint(2 * MINUTE, 2 * HOUR)
            self._plan(back, lambda at: self._visit(person, at))

    def _questions(self, at: Millis) -> None:
        """Somebody who was here lately asks something, sometimes on two channels."""
        person = self._random.choice(self._recent) if self._recent else self._people.anyone()
        if person.gone:
            person = self._people.anyone()
        first = self._ask(person, at)
        if self._random.random() < 0.2:
            self._ask_elsewhere(person, first)
        self._plan(at + self._gap(self._traffic.contacts_per_hour), self._questions)

    def _ask_elsewhere(self, person: Person, first: Contact) -> None:
        """The same question on another channel; sometimes the help desk sees that it is the same."""
        at = first.asked_at + self._random.randint(0, 20) * MINUTE
        second = self._ask(person, at, besides=first.channel)
        if self._random.random() < 0.3:
            seen_at = at + self._random.randint(10, 50) * MINUTE
            self._talk(person, joined(self._random, person, (first, second), seen_at))

    def _ask(self, person: Person, at: Millis, besides: ContactChannel | None = None) -> Contact:
        case = question(self._random, person, at, self._traffic, besides)
        self._talk(person, case.story)
        if case.taken_up_at is not None:
            self._plan(
                case.taken_up_at,
                lambda at: self._talk(person, answer(self._random, person, case.contact, at)),
            )
        return case.contact

    def _talk(self, person: Person, story: Story) -> None:
        person.talks_until = max(person.talks_until, story.at)
        self._tell(story)

    def _erasures(self, at: Millis) -> None:
        """Somebody asks the shop to forget everything."""
        person = self._people.leave(at)
        if person is not None:
            story = Story(self._random, person, person.gadgets[0], at)
            story.profile("profile_erased")
            self._tell(story)
        self._plan(at + self._gap(self._traffic.erasures_per_hour), self._erasures)

    def _meet(self, person: Person) -> None:
        self._recent.append(person)
        del self._recent[:-RECENT]

    def _tell(self, story: Story) -> None:
        for event in story.events:
            for each in arrivals(event, self._random, self._traffic):
                heapq.heappush(self._pending, (each.at, next(self._order), each))
