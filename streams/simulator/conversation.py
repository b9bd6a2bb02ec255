"""What becomes of a contact after its first answer, and of a call-back: the long tail of a help desk."""

from random import Random
from typing import TYPE_CHECKING

from schemas.words import ContactStatus, MessageKind, Priority
from streams.simulator.people import new_id
from streams.simulator.settings import HOUR, MINUTE
from streams.simulator.story import Story

if TYPE_CHECKING:
    from streams.simulator.help_desk import Contact

EXPERTS = "experts"
RAISED: tuple[Priority, ...] = ("high", "urgent")
PRIORITIES: tuple[Priority, ...] = ("low", *RAISED)
TAGS = ((), ("vip",), ("vip", "returns"))
PUT_OFF: tuple[ContactStatus, ...] = ("pending", "pending", "on_hold")
RATINGS: tuple[MessageKind, ...] = ("csat", "reaction")
THANKS = ("thanks", "thank you bye", "great thanks")
LONGEST = 4
"""Questions and answers that follow the first."""


def goes_on(story: Story, contact: "Contact") -> None:
    """Put off, asked again, handed on, answered again; solved in the end, mostly; opened again, seldom."""
    for _ in range(story.random.randint(1, LONGEST)):
        put_off(story, contact)
        story.pause(20 * MINUTE)
        ask_again(story, contact)
        if story.chance(0.3):
            hand_on(story, contact)
        elif story.chance(0.3):
            insist(story, contact)
        story.pause(25 * MINUTE)
        reply(story, contact)
        if story.chance(0.4):
            break
    end(story, contact)


def put_off(story: Story, contact: "Contact") -> None:
    """The help desk waits for the customer, or for somebody else."""
    if story.chance(0.6):
        story.pause(MINUTE)
        status = story.random.choice(PUT_OFF)
        story.support("status_changed", contact.contact_id, channel=contact.channel, status=status)


def ask_again(story: Story, contact: "Contact") -> None:
    """The customer writes again; some help desks open the contact with it, others forget to."""
    status: ContactStatus = "open" if story.chance(0.5) else "unknown"
    _message(story, contact, "customer_message", "end_user", status=status)


def hand_on(story: Story, contact: "Contact") -> None:
    """To those who know more, with more urgency, and a note about it."""
    story.pause(5 * MINUTE)
    story.support(
        "assigned",
        contact.contact_id,
        team=EXPERTS,
        agent_id=f"expert-{story.random.randint(1, 3)}",
        priority=story.random.choice(RAISED),
        tags=("escalated",),
    )
    _message(story, contact, "internal_note", "agent", public=False)


def insist(story: Story, contact: "Contact") -> None:
    """The customer writes once more, or wants to be called; somebody sees how urgent it is."""
    story.pause(10 * MINUTE)
    if story.chance(0.2):
        call_back(story, contact)
        return
    ask_again(story, contact)
    story.support("priority_changed", contact.contact_id, priority=story.random.choice(PRIORITIES))
    story.support("tags_changed", contact.contact_id, tags=story.random.choice(TAGS))


def reply(story: Story, contact: "Contact", status: ContactStatus = "unknown") -> None:
    """A human answers in public."""
    _message(story, contact, "human_reply", "agent", status=status)


def end(story: Story, contact: "Contact") -> None:
    """Solved; thanks, or a mark, that need no answer; and sometimes it was not solved after all."""
    story.pause(5 * MINUTE)
    story.support("status_changed", contact.contact_id, channel=contact.channel, status="solved")
    if story.chance(0.3):
        rate(story, contact)
    elif story.chance(0.3):
        story.pause(10 * MINUTE)
        _message(story, contact, "customer_message", "end_user", closing_phrase=story.random.choice(THANKS))
    elif story.chance(0.15):
        story.pause(2 * HOUR)
        _message(story, contact, "customer_message", "end_user", status="open")
        story.pause(30 * MINUTE)
        reply(story, contact, "solved")


def rate(story: Story, contact: "Contact") -> None:
    """The shop asks how it was, the customer says so, and nobody waits for an answer; it is closed then."""
    story.pause(MINUTE)
    _message(story, contact, "campaign", "system")
    story.pause(20 * MINUTE)
    _message(story, contact, story.random.choice(RATINGS), "end_user")
    story.pause(HOUR)
    story.support("status_changed", contact.contact_id, channel=contact.channel, status="closed")


def call_back(story: Story, contact: "Contact") -> None:
    """The customer asks to be called, or doesn't want it any more; the shop calls in the window, too late, in
    vain, or not at all.
    """
    opens = story.at + story.random.randint(30, 120) * MINUTE
    closes = opens + HOUR
    story.support(
        "callback_requested",
        contact.contact_id,
        channel=contact.channel,
        author_role="end_user",
        window_from=opens,
        window_until=closes,
    )
    if story.chance(0.1):
        story.pause(10 * MINUTE)
        story.support("callback_cancelled", contact.contact_id, author_role="end_user")
        return
    for called_at in _calls(story.random, opens, closes):
        story.at = called_at
        reached = story.chance(0.6)
        story.support("callback_reached" if reached else "callback_attempted", contact.contact_id)
        if reached:
            break


def _calls(random: Random, opens: int, closes: int) -> list[int]:
    """When somebody calls: mostly in the window, else after it."""
    if random.random() < 0.15:
        return []
    late = 0 if random.random() < 0.75 else HOUR
    times = random.randint(1, 3)
    return sorted(random.randint(opens + late, closes + late) for _ in range(times))


def _message(
    story: Story,
    contact: "Contact",
    kind: MessageKind,
    role: str,
    *,
    public: bool = True,
    status: ContactStatus = "unknown",
    closing_phrase: str | None = None,
) -> None:
    story.support(
        "message_received" if role == "end_user" else "message_sent",
        contact.contact_id,
        message_id=new_id(story.random),
        channel=contact.channel,
        kind=kind,
        public=public,
        author_role=role,
        author_id=story.person.profile_id(story.at) if role == "end_user" else "agent-7",
        status=status,
        closing_phrase=closing_phrase,
    )
