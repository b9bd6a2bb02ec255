"""What a customer said about being contacted, by channel: the newest word wins, whenever it arrives."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TypeAlias

import msgspec

from schemas.events import Feedback, ProfileUpdate
from schemas.words import Channel, Millis

CHANNELS: tuple[Channel, ...] = ("email", "sms", "push", "phone", "onsite")
_FOR_GOOD = ("hard", "permanent")


class Said(msgspec.Struct, frozen=True, array_like=True, order=True, gc=False):
    """A word and when it was given, by which event. An empty one was never given."""

    at: Millis = 0
    by: str = ""
    value: str = ""


NOTHING = Said()


class Voice(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What was said about one channel. ``suppressed`` is yes, no or nothing."""

    channel: Channel
    consent: Said = NOTHING
    suppressed: Said = NOTHING

    @property
    def permission(self) -> str:
        """granted, denied, unknown or suppressed. Only granted allows an approach."""
        return "suppressed" if self.suppressed.value == "yes" else self.consent.value or "unknown"

    @property
    def at(self) -> Millis:
        """When something was last said."""
        return max(self.consent.at, self.suppressed.at)


Voices: TypeAlias = tuple[Voice, ...]
"""One voice for each channel about which something was said, in the order of their names."""

_SUPPRESSION: Mapping[str, str] = MappingProxyType({"suppressed": "yes", "unsuppressed": "no"})


def permission(voices: Voices, channel: Channel) -> str:
    """granted, denied, unknown or suppressed."""
    return next((voice.permission for voice in voices if voice.channel == channel), "unknown")


def merged(mine: Voices, theirs: Voices) -> Voices:
    """What both say, the newest word of each kind. Commutative."""
    found: dict[Channel, Voice] = {}
    for voice in (*mine, *theirs):
        known = found.get(voice.channel, Voice(voice.channel))
        consent = max(known.consent, voice.consent)
        found[voice.channel] = Voice(voice.channel, consent, max(known.suppressed, voice.suppressed))
    return tuple(found[name] for name in sorted(found))


def updated(voices: Voices, update: ProfileUpdate) -> Voices:
    """After consent or suppression changed; an unknown channel means all."""
    if update.type == "consent_changed":
        said = Said(update.occurred_at, update.event_id, update.consent)
        return merged(voices, _about(update.channel, consent=said))
    if update.type in _SUPPRESSION:
        said = Said(update.occurred_at, update.event_id, _SUPPRESSION[update.type])
        return merged(voices, _about(update.channel, suppressed=said))
    return voices


def answered(voices: Voices, feedback: Feedback, channel: Channel) -> Voices:
    """After an approach on ``channel`` was unsubscribed from, complained about, or came back for good."""
    if feedback.type == "unsubscribed":
        denied = Said(feedback.occurred_at, feedback.event_id, "denied")
        return merged(voices, _about(channel, consent=denied))
    if feedback.type == "complained" or _bounced_for_good(feedback):
        suppressed = Said(feedback.occurred_at, feedback.event_id, "yes")
        return merged(voices, _about(channel, suppressed=suppressed))
    return voices


def _bounced_for_good(feedback: Feedback) -> bool:
    reason = (feedback.reason or "").lower()
    return feedback.type == "bounced" and any(word in reason for word in _FOR_GOOD)


def _about(channel: Channel, consent: Said = NOTHING, suppressed: Said = NOTHING) -> Voices:
    names: Iterable[Channel] = CHANNELS if channel == "unknown" else (channel,)
    return tuple(Voice(name, consent, suppressed) for name in names)
