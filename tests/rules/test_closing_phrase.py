"""Closing phrases: the whole message must be nothing else."""

import pytest

from streams.rules.closing_phrase import PHRASES, closing_phrase


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("thank you", "thank you", id="a phrase"),
        pytest.param("Thanks!!", "thanks", id="case and punctuation"),
        pytest.param("  Great, thanks. \n\nBye 👋 ", "great thanks bye", id="several, lines, emoji"),
        pytest.param("OK", "ok", id="ok"),
        pytest.param("That's all, thanks", "thats all thanks", id="an apostrophe"),
        pytest.param("That’s all", "thats all", id="a typographic one"),
        pytest.param("Thank you so much for your help", "thank you so much for your help", id="more words"),
        pytest.param("cheers", "cheers", id="cheers"),
        pytest.param("Vielen Dank und schönen Tag noch!", "vielen dank und schoenen tag noch", id="German"),
        pytest.param("TSCHÜSS", "tschuess", id="capitals with umlaut"),
        pytest.param("tschüß", "tschuess", id="sharp s"),
        pytest.param("Danke schoen, viele Gruesse", "danke schoen viele gruesse", id="umlauts spelt out"),
        pytest.param("danke scho\u0308n", "danke schoen", id="umlauts in two characters"),
        pytest.param("thanks; bye", "thanks bye", id="a semicolon"),
        pytest.param("bye bye", "bye bye", id="twice or one phrase"),
    ],
)
def test_an_ending(text: str, found: str) -> None:
    assert closing_phrase(text) == found


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param(" 👍 ", id="no word"),
        pytest.param("thanks?", id="a question mark"),
        pytest.param("ok？", id="a wide question mark"),
        pytest.param("thanks\u037e", id="a Greek question mark"),
        pytest.param("¿gracias", id="a question mark in front"),
        pytest.param("Thanks, but it still doesn't work", id="more to say"),
        pytest.param("thanks for nothing", id="thanks for what"),
        pytest.param("Hi Anna", id="a greeting"),
        pytest.param("Hello", id="a greeting without a name"),
        pytest.param("Thanks, Anna", id="a name"),
        pytest.param("great", id="what stands beside only"),
        pytest.param("and then", id="two of them"),
        pytest.param("yes", id="an answer"),
        pytest.param("no", id="the other answer"),
        pytest.param("thankyou", id="run together"),
        pytest.param("thanks 1", id="a digit"),
        pytest.param("thanks " * 21, id="too many words"),
        pytest.param("bytes", id="begins like a phrase"),
    ],
)
def test_no_ending(text: str) -> None:
    assert closing_phrase(text) is None


def test_phrases_of_one_s_own() -> None:
    assert closing_phrase("Gracias, adiós!", {"gracias", "adiós"}) == "gracias adiós"
    assert closing_phrase("thanks", {"gracias"}) is None
    assert closing_phrase("thanks", ()) is None


@pytest.mark.parametrize("phrase", sorted(PHRASES))
def test_every_phrase_ends_on_its_own_in_any_case(phrase: str) -> None:
    assert closing_phrase(phrase) == closing_phrase(phrase.upper() + "!")
    assert closing_phrase(phrase)


def test_a_long_message_of_short_words_takes_no_time() -> None:
    assert closing_phrase("bye " * 19 + "x") is None
