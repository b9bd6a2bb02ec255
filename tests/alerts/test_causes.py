"""What is named as the cause."""

from streams.rules.alerts.causes import Label, said, striking


def names(*labels, now=100, before=800):
    return [cause.what for cause in striking(labels, now, before)]


def test_what_became_more_frequent_is_named_first():
    assert names(
        Label("page home", 100, 800), Label("error 500", 10, 8), Label("payment_failed", 60, 40)
    ) == ["payment_failed", "error 500"]


def test_more_of_everything_is_no_cause():
    """Twice the carts, twice the failures."""
    assert names(Label("payment_failed", 20, 80), now=200) == []


def test_a_few_say_nothing():
    assert names(Label("error 500", 4, 0)) == []
    assert names(Label("error 500", 5, 0)) == ["error 500"]


def test_it_is_told_for_each_cart():
    causes = striking([Label("payment_failed", 60, 40)], 100, 800)
    assert said(causes) == "payment_failed 0.60, usually 0.05"
    assert said(striking([Label("payment_failed", 60, 0)], 100, 0)) == "payment_failed 0.60"
    assert said(()) is None
