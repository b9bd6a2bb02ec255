"""Outreach: candidates, guards, requests, cancels (PRODUCT.md: who is approached, and who is not)."""

from streams.rules.outreach.rule import Outreach
from streams.rules.outreach.settings import OutreachSettings

__all__ = ["Outreach", "OutreachSettings"]
