"""What happens at the help desk: questions on many channels, acknowledgements, answers in time or not."""

from random import Random
from typing import NamedTuple

from schemas.words import ContactChannel, MessageKind, Millis, Priority, SupportType
from streams.simulator.conversation import call_back, goes_on
from streams.simulator.people import CATALOGUE, Person, new_id
from streams.simulator.settings import MINUTE, SECOND, Traffic
from streams.simulator.story import Story

CHANNELS: tuple[ContactChannel, ...] = (
    "email",
    "chat",
    "phone",
    "sms",
    "social",
    "web_form",
    "product_question",
    "forum",
)
ACKNOWLEDGED: tuple[ContactChannel, ...] = ("email", "web_form")
PRIORITIES: tuple[Priority, ...] = ("low", "normal", "normal", "high")
TEAMS = ("orders", "products", "billing")
TIERS = (None, None, "silver", "gold")


class Contact(NamedTuple):
    """One question, as its story goes."""

    contact_id: str
    channel: ContactChannel
    asked_at: Millis


class Case(NamedTuple):
    """A question, and when a human takes it up; None: never."""

    story: Story
    contact: Contact
    taken_up_at: Millis | None


def question(
    random: Random, person: Person, at: Millis, traffic: Traffic, besides: ContactChannel | None = None
) -> Case:
    """Somebody asks, or asks to be called; machines and routing react at once.

    ``besides``: the channel that it isn't.
    """
    channel = random.choice([channel for channel in CHANNELS if channel != besides])
    contact = Contact("t-" + new_id(random)[:13], channel, at)
    story = Story(random, person, person.gadgets[0], at)
    if story.chance(0.08):
        contact = contact._replace(channel="callback")
        call_back(story, contact)
        return Case(story, contact, None)
    if story.chance(0.3):
        story.support(
            "contact_created",
            contact.contact_id,
            channel=contact.channel,
            status="new",
            tier=story.random.choice(TIERS),
        )
        story.pause(SECOND)
    ask(story, contact)
    acknowledge(story, contact)
    if story.chance(0.1):
        machine(story, contact)
    if story.chance(0.07):
        settle(story, contact)
        return Case(story, contact, None)
    patience = _patience(random, traffic.reply_target)
    return Case(story, contact, max(story.at + 1, at + patience) if patience else None)


def _patience(random: Random, target: Millis) -> Millis | None:
    """Two answers in three come in time, one in five late, the rest never."""
    fate = random.random()
    if fate < 0.66:
        return int(target * random.uniform(0.05, 0.95))
    if fate < 0.86:
        return int(target * random.uniform(1.02, 2.5))
    return None


def ask(story: Story, contact: Contact) -> None:
    """The customer's message, or a call that nobody took; an impatient one asks again."""
    product_id = None
    if contact.channel == "product_question":
        product_id = story.random.choice(CATALOGUE).product_id
    kind: MessageKind = "customer_message"
    if contact.channel == "phone":
        kind = story.random.choice(("call_missed", "voicemail"))
    priority = story.random.choice(PRIORITIES)
    say(story, contact, "message_received", kind, priority=priority, product_id=product_id)
    if story.chance(0.15):
        story.pause(3 * MINUTE)
        say(story, contact, "message_received", kind)


def acknowledge(story: Story, contact: Contact) -> None:
    """Machines answer first, and colleagues talk about it; neither is an answer."""
    if contact.channel in ACKNOWLEDGED and story.chance(0.6):
        story.pause(20 * SECOND)
        say(story, contact, "message_sent", "auto_ack")
    story.pause(30 * SECOND)
    story.support("assigned", contact.contact_id, channel=contact.channel, team=story.random.choice(TEAMS))
    if story.chance(0.2):
        story.pause(MINUTE)
        say(story, contact, "message_sent", "internal_note", public=False)


def answer(random: Random, person: Person, contact: Contact, at: Millis) -> Story:
    """A human answers, under the name that the customer has by now; most contacts are solved with it."""
    story = Story(random, person, person.gadgets[0], at)
    kind: MessageKind = "call_answered" if contact.channel == "phone" else "human_reply"
    say(story, contact, "message_sent", kind, agent=True)
    if story.chance(0.3) and not person.gone:
        goes_on(story, contact)
    elif story.chance(0.8):
        story.pause(MINUTE)
        story.support("status_changed", contact.contact_id, channel=contact.channel, status="solved")
    return story


def settle(story: Story, contact: Contact) -> None:
    """Closed without an answer: solved in silence, or nothing to answer."""
    story.pause(10 * MINUTE)
    if story.chance(0.5):
        story.support("status_changed", contact.contact_id, channel=contact.channel, status="solved")
        return
    story.support("no_reply_needed", contact.contact_id, channel=contact.channel)
    if story.chance(0.5):
        story.pause(10 * MINUTE)
        story.support("reply_needed", contact.contact_id, channel=contact.channel)


def machine(story: Story, contact: Contact) -> None:
    """A bot answers, which is no answer."""
    story.pause(10 * SECOND)
    say(story, contact, "message_sent", "bot")


def joined(random: Random, person: Person, both: tuple[Contact, Contact], at: Millis) -> Story:
    """Somebody sees that both are the same question: the second is merged into the first."""
    one, other = both
    story = Story(random, person, person.gadgets[0], at)
    story.support("merged", other.contact_id, channel=other.channel, merged_into=one.contact_id)
    return story


def say(
    story: Story,
    contact: Contact,
    event: SupportType,
    kind: MessageKind,
    *,
    public: bool = True,
    agent: bool = False,
    priority: Priority = "unknown",
    product_id: str | None = None,
) -> None:
    """One message or call of the contact."""
    story.support(
        event,
        contact.contact_id,
        message_id=new_id(story.random),
        channel=contact.channel,
        kind=kind,
        public=public,
        author_id="agent-7" if agent else story.person.profile_id(story.at),
        agent_id="agent-7" if agent else None,
        priority=priority,
        product_id=product_id,
    )
