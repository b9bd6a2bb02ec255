"""Arbitrary lives of one customer, for properties that must hold whatever happens."""

from typing import Any

from hypothesis import strategies as st

from schemas import topics
from schemas.outputs import AbandonmentSignal, ContactState
from streams.kernel.stepping import order as in_order
from tests import builders as say

MINUTES = st.integers(0, 5 * 60)
CARTS = st.sampled_from(["c1", "c2"])
PRODUCTS = st.sampled_from(["p1", "p2"])
ORDERS = st.sampled_from(["o1", "o2", "o3"])
CONTACTS = st.sampled_from(["q1", "q2"])
STAGES = st.sampled_from(["cart", "checkout", "payment"])
KINDS = st.sampled_from(
    ["customer_message", "human_reply", "auto_ack", "internal_note", "voicemail", "call_answered", "bot"]
)
STATUSES = st.sampled_from(["open", "pending", "solved"])
VISITORS = st.sampled_from(["v", "w"])

FACTS = st.one_of(
    st.builds(say.active, MINUTES, visitor=VISITORS, cart_id=CARTS),
    st.builds(
        lambda at, cart_id, stage, product, visitor: say.cart(
            at, say.line(product), cart_id=cart_id, stage=stage, visitor=visitor
        ),
        MINUTES,
        CARTS,
        STAGES,
        PRODUCTS,
        VISITORS,
    ),
    st.builds(say.no_cart, MINUTES, CARTS),
    st.builds(say.order, MINUTES, ORDERS, cart_id=CARTS),
)
"""What visits may say of the customer."""

WORDS = st.one_of(
    st.builds(say.ordered, MINUTES, ORDERS),
    st.builds(say.message, KINDS, MINUTES, CONTACTS),
    st.builds(say.status, STATUSES, MINUTES, CONTACTS),
    st.builds(say.consented, MINUTES, st.sampled_from(["email", "sms"])),
)
"""What others say of the customer."""

SHOPPING = st.one_of(
    st.builds(say.clicked, MINUTES, visitor=VISITORS),
    st.builds(say.added, MINUTES, PRODUCTS, visitor=VISITORS),
    st.builds(say.emptied, MINUTES, visitor=VISITORS),
    st.builds(say.checkout, MINUTES, visitor=VISITORS),
    st.builds(say.paying, MINUTES, visitor=VISITORS),
    st.builds(say.bought, MINUTES, ORDERS, visitor=VISITORS),
    st.builds(say.identified, MINUTES, visitor=VISITORS),
)
"""What visitors do."""


def conclusions(at: int, whose: str) -> list[Any]:
    """What rules may say to those after them."""
    signal = AbandonmentSignal(
        event_id=f"signal of {whose} at {at}",
        profile_id="ann",
        visitor_id="v",
        kind="abandoned",
        stage="cart",
        occurred_at=say.minute(at),
        processed_at=say.minute(at),
        rules_version="",
        cart_id="c1",
        opened_by="opening",
        changed_by=f"change of {whose} before {at}",
        changed_at=say.minute(at - 60),
        last_activity_at=say.minute(at - 60),
    )
    contact = ContactState(
        contact_id="q1",
        profile_id="ann",
        waiting=at % 2 == 0,
        breached=False,
        updated_at=say.minute(at),
        rules_version="",
    )
    return [signal, contact]


def distinct(events: list[Any]) -> list[Any]:
    """Without duplicates, in the order in which they happened; no two at one moment."""
    found = {event.occurred_at: event for event in events}
    return sorted(found.values(), key=in_order)


LIVES = st.lists(st.one_of(FACTS, WORDS), max_size=14).map(distinct)
"""Of a customer, as care hears of it."""
WHOLE_LIVES = st.lists(st.one_of(SHOPPING, WORDS), max_size=14).map(distinct)
"""Of a customer and two devices, from the start."""

INTERNAL = (topics.FACTS, topics.CART)
