"""Counts of what stands now."""

from schemas import topics
from schemas.outputs import ContactState, Outreach, ProfileState
from streams.demo.tally import Tally


def profile(carts):
    return ProfileState(profile_id="c", open_carts=carts, waiting_contacts=0, suppressed=False, updated_at=1)


def contact(waiting):
    return ContactState(
        contact_id="t", profile_id="c", waiting=waiting, breached=False, updated_at=1, rules_version="r"
    )


def outreach(action):
    return Outreach(
        event_id=f"e-{action}",
        outreach_id="o",
        profile_id="c",
        action=action,
        occurred_at=1,
        processed_at=1,
        valid_until=2,
        signal_id="s",
        rule="abandonment.cart",
        rules_version="r",
    )


def test_the_last_word_of_a_profile_counts():
    tally = Tally()
    tally.take(topics.PROFILES, b"c", profile(2))
    tally.take(topics.PROFILES, b"d", profile(1))
    tally.take(topics.PROFILES, b"c", profile(1))
    assert tally.open_carts == 2
    tally.take(topics.PROFILES, b"d", None)
    assert tally.open_carts == 1


def test_a_contact_waits_until_it_does_not():
    tally = Tally()
    tally.take(topics.CONTACTS, b"t", contact(True))
    assert tally.waiting_contacts == 1
    tally.take(topics.CONTACTS, b"t", contact(False))
    assert tally.waiting_contacts == 0


def test_a_request_counts_once_and_its_cancellation_does_not():
    tally = Tally()
    for action in ("request", "request", "cancel"):
        tally.take(topics.OUTREACH["email"], b"c", outreach(action))
    assert tally.outreach == 1
