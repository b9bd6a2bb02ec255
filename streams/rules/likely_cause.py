"""Why a cart was left, probably: what stood in the customer's way, the strongest evidence first.

Of each cause only the last time is remembered. That is enough: what counts is whether it was seen within a
stretch of time that ends with the silence, and nothing is seen in a silence.
"""

from collections.abc import Iterable

from schemas.events import CartEvent, Click
from schemas.words import AbandonmentCause, Evidence, Millis

STRENGTH: tuple[AbandonmentCause, ...] = (
    "payment_failed",
    "out_of_stock",
    "unanswered_question",
    "failed_search",
    "error_page",
    "shipping_cost_shown",
    "coupon_denied",
)
"""The order of evidence."""


def cause_shown(event: Click | CartEvent) -> AbandonmentCause | None:
    """What the event is evidence of; None: of nothing."""
    match event:
        case CartEvent(type="payment_failed"):
            return "payment_failed"
        case Click(type="product_viewed", available=False):
            return "out_of_stock"
        case Click(type="products_searched", results=0):
            return "failed_search"
        case Click(type="error_shown"):
            return "error_page"
        case CartEvent(type="coupon_denied"):
            return "coupon_denied"
        case CartEvent() if event.shipping is not None and event.shipping > 0:
            return "shipping_cost_shown"
    return None


def gathered(*evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """All of it: of each cause the last time, the strongest first."""
    last: dict[AbandonmentCause, Evidence] = {}
    for part in evidence:
        for one in part:
            known = last.get(one.cause)
            if known is None or known.at < one.at:
                last[one.cause] = one
    return tuple([last[cause] for cause in STRENGTH if cause in last]) if last else ()


def likely_cause(evidence: Iterable[Evidence], since: Millis, until: Millis) -> AbandonmentCause:
    """The strongest of what was seen after ``since`` and not after ``until``."""
    seen = gathered(one for one in evidence if since < one.at <= until)
    return seen[0].cause if seen else "none_seen"
