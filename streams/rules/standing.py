"""How a cart stands: what one rule knows of it, told to those after it when a profile is taken over."""

import msgspec

from schemas.words import Millis


class Standing(msgspec.Struct, frozen=True, gc=False):
    """A cart, and its last real change; who remembers only that it was emptied knows not by what."""

    cart_id: str | None
    changed_by: str | None
    changed_at: Millis
    emptied: bool
