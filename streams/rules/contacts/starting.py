"""What starts the clocks of replies and updates: the usual, and what a policy's options add to it."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from streams.rules.contact_settings import FirstReplyTime, NextReplyTime, Policy
from streams.rules.contacts.entry import Entry, answers
from streams.rules.contacts.ticket import Ticket
from streams.rules.settings import RuleSet

if TYPE_CHECKING:
    from streams.rules.contacts.course import Course


def question(course: "Course", one: Entry, rules: RuleSet) -> None:
    """A customer's message: the first reply is due, or the next one; and an acknowledgement, once."""
    ticket = course.ticket
    waits = ticket.waiting_since is not None
    course.ticket = replace(
        ticket,
        asked_at=one.at if ticket.asked_at is None else ticket.asked_at,
        waiting_since=ticket.waiting_since if waits else one.at,
        waiting_by=ticket.waiting_by if waits else one.event_id,
        no_reply_needed=False,
    )
    course.start("first_reply" if ticket.first_replied_at is None else "next_reply", one, rules)
    if ticket.clock("acknowledgement") is None:
        course.start("acknowledgement", one, rules)
        clock = course.ticket.runs("acknowledgement")
        if clock is not None and ticket.acknowledged_at == one.at:
            course.acknowledge(clock, one)


def replied(course: "Course", one: Entry, policy: Policy, rules: RuleSet) -> None:
    """After a public reply the next update is due."""
    if one.kind == "human_reply" and answers(one):
        course.start("periodic_update", one, rules)
        course.start("pausable_update", one, rules)
    elif _agents_note(one) and policy.periodic_update_time.activate_on_agent_internal_note:
        course.start("periodic_update", one, rules)


def by_option(course: "Course", one: Entry, policy: Policy, rules: RuleSet) -> None:
    """What starts a clock of replies only because the policy says so."""
    ticket = course.ticket
    if one.at == ticket.created_at and _starts_first_reply(one, ticket, policy.first_reply_time):
        course.start("first_reply", one, rules)
    if ticket.first_replied_at is not None and _starts_next_reply(one, ticket, policy.next_reply_time):
        course.start("next_reply", one, rules)


def note_answers(one: Entry, policy: Policy, ticket: Ticket) -> bool:
    """Whether an internal note counts as a reply, because the policy says so."""
    if not _agents_note(one):
        return False
    first, following = policy.first_reply_time, policy.next_reply_time
    requests = ticket.for_agent and one.type == "message_received"
    return (first.fulfill_on_agent_internal_note and ticket.runs("first_reply") is not None) or (
        following.fulfill_on_non_requesting_agent_internal_note_after_activation
        and not requests
        and ticket.runs("next_reply") is not None
    )


def _starts_first_reply(one: Entry, ticket: Ticket, options: FirstReplyTime) -> bool:
    """Of what happens at the creation of a contact."""
    for_customer = not ticket.for_agent
    return any(
        (
            options.activate_on_ticket_created_for_end_user
            and for_customer
            and one.by_staff
            and not one.is_note,
            options.activate_on_agent_ticket_created_for_end_user_with_internal_note
            and for_customer
            and _agents_note(one),
            options.activate_on_light_agent_on_email_forward_ticket_from_end_user
            and one.forwarded
            and one.author_role == "light_agent",
            options.activate_on_agent_created_ticket_for_self and ticket.for_agent and one.by_staff,
        )
    )


def _starts_next_reply(one: Entry, ticket: Ticket, options: NextReplyTime) -> bool:
    requests = ticket.for_agent and one.type == "message_received" and one.kind != "customer_message"
    return any(
        (
            options.activate_on_end_user_added_internal_note
            and one.is_note
            and one.author_role == "end_user",
            options.activate_on_agent_requested_ticket_with_public_comment_or_internal_note and requests,
            options.activate_on_light_agent_internal_note
            and one.is_note
            and one.author_role == "light_agent",
        )
    )


def _agents_note(one: Entry) -> bool:
    return one.is_note and one.author_role in ("agent", "unknown")
