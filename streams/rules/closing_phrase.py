"""Messages that only end a conversation ("great, thanks, bye"), so that nobody needs to answer them.

Gets wrong: thanks with a name or a signature ("Thanks, Anna", "sent from my phone") are not recognised, nor
is any language but English and German, unless phrases are given; "ok" in answer to a question that the shop
asked counts as an ending though it is an answer; irony ("thanks a lot") is taken at its word. What isn't
recognised waits for an answer, as every message does; what is recognised is said by the event, and may be
taken back.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

PHRASES = frozenset(
    {
        *("thank you", "thanks", "thx", "ty", "cheers", "much appreciated", "many thanks", "appreciate it"),
        *("bye", "goodbye", "bye bye", "see you", "take care", "have a nice day", "have a good day"),
        *("ok", "okay", "that is all", "thats all", "all good", "all set", "no problem", "got it"),
        *("kind regards", "best regards", "best wishes", "regards"),
        *("danke", "dankeschön", "danke schön", "danke sehr", "vielen dank", "besten dank", "merci"),
        *("herzlichen dank", "tausend dank", "tschüss", "ciao", "auf wiedersehen", "bis dann", "bis bald"),
        *("schönen tag", "einen schönen tag", "alles klar", "in ordnung", "passt", "hat sich erledigt"),
        *("mit freundlichen grüßen", "viele grüße", "liebe grüße", "beste grüße", "mfg", "lg", "vg"),
    }
)
"""What ends a conversation on its own, in English and German."""
BESIDE = frozenset(
    {
        *(
            "great",
            "perfect",
            "super",
            "excellent",
            "wonderful",
            "brilliant",
            "cool",
            "awesome",
            "and",
            "so much",
        ),
        *(
            "very much",
            "a lot",
            "again",
            "all",
            "everyone",
            "for your help",
            "for the help",
            "you too",
            "then",
        ),
        *("toll", "prima", "perfekt", "klasse", "bestens", "und", "nochmal", "nochmals", "noch", "dann"),
        *("für die hilfe", "für ihre hilfe", "für deine hilfe", "euch", "ihnen", "dir", "allen", "ebenso"),
    }
)
"""What may stand beside such a phrase, and ends nothing on its own."""
MOST_WORDS = 20

QUESTION = re.compile(r"[?\uff1f\u061f\u037e\u00bf]")
"""Question marks: Latin, wide, Arabic, Greek, Spanish."""
APOSTROPHE = re.compile(r"['’`´]")
WORD = re.compile(r"[^\W_]+")
UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})

Words = tuple[str, ...]


def closing_phrase(text: str, phrases: Iterable[str] = PHRASES) -> str | None:
    """The phrases that a message consists of, if it is nothing else; None if it says or asks more.

    Case, punctuation and emoji don't matter; a question mark always asks. What is returned is made of the
    phrases, and never holds anything else that the customer wrote.
    """
    if QUESTION.search(text):
        return None
    words = _words(text)
    if not 0 < len(words) <= MOST_WORDS:
        return None
    endings, beside = _split(frozenset(phrases)), _split(BESIDE)
    found = _covered(words, endings | beside)
    return " ".join(words) if found and any(part in endings for part in found) else None


def _covered(words: Words, known: frozenset[Words]) -> tuple[Words, ...] | None:
    """The words as a row of known phrases, the longest first; None if there is no such row."""
    if not words:
        return ()
    for length in range(len(words), 0, -1):
        if words[:length] in known:
            rest = _covered(words[length:], known)
            if rest is not None:
                return (words[:length], *rest)
    return None


@lru_cache(maxsize=16)
def _split(phrases: frozenset[str]) -> frozenset[Words]:
    return frozenset(map(_words, phrases))


def _words(text: str) -> Words:
    folded = unicodedata.normalize("NFKC", text).casefold().translate(UMLAUTS)
    return tuple(WORD.findall(APOSTROPHE.sub("", folded)))
