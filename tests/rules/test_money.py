"""Money: exact, of one currency, and written as people and files write it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.core.money import Money, currency_digits, parse_money

AMOUNTS = st.integers(-(10**14), 10**14)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12.90", "GBP", 1290),
        ("12.9", "GBP", 1290),
        ("12", "GBP", 1200),
        ("0.01", "GBP", 1),
        ("-0.01", "GBP", -1),
        ("-12.90", "GBP", -1290),
        ("1290", "JPY", 1290),
        ("12.9000", "GBP", 1290),
        ("1.234", "KWD", 1234),
    ],
)
def test_plain_decimals_are_read_exactly(text, currency, minor):
    assert parse_money(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12.901",
        "1e3",
        "NaN",
        "inf",
        "1_0",
        "１２",
        "²",
        "+5",
        "--5",
        "1,000.00",
        " 1",
        "9" * 16,
        "0x10",
        ".5",
        "5.",
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError):
        parse_money(text, "GBP")


def test_an_unknown_currency_is_refused():
    with pytest.raises(ValueError, match="ISO 4217"):
        currency_digits("QQQ")


@given(AMOUNTS, st.sampled_from(["GBP", "JPY", "KWD"]))
def test_what_is_written_to_a_file_is_read_back(minor, currency):
    assert parse_money(Money(minor, currency).decimal(), currency).minor == minor


@given(AMOUNTS, AMOUNTS)
def test_sums_and_differences_are_exact(a, b):
    one, other = Money(a, "GBP"), Money(b, "GBP")
    assert (one + other).minor == a + b
    assert one - other == one + -other
    assert bool(one - one) is False


def test_currencies_do_not_mix():
    with pytest.raises(ValueError, match="cannot mix"):
        Money(1, "GBP") + Money(1, "EUR")


@pytest.mark.parametrize("factor", [1.5, True, "2"])
def test_money_is_multiplied_by_whole_numbers_only(factor):
    assert Money(5, "GBP") * 3 == Money(15, "GBP")
    with pytest.raises(TypeError):
        Money(5, "GBP") * factor


@given(AMOUNTS, st.lists(st.integers(0, 1000), min_size=1, max_size=8).filter(any))
def test_parts_sum_to_the_whole_and_differ_by_less_than_one(minor, weights):
    parts = Money(minor, "GBP").allocate(weights)
    assert sum(part.minor for part in parts) == minor
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part.minor - minor * weight / sum(weights)) < 1 or abs(minor) > 10**12


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1]])
def test_impossible_weights_are_refused(weights):
    with pytest.raises(ValueError, match="weights"):
        Money(100, "GBP").allocate(weights)


@pytest.mark.parametrize(
    ("minor", "currency", "locale", "text"),
    [
        (1290, "GBP", "en_GB", "£12.90"),
        (123456, "GBP", "en_GB", "£1,234.56"),
        (1290, "CNY", "zh_Hans_CN", "¥12.90"),
        (-500, "GBP", "en_GB", "-£5.00"),
    ],
)
def test_people_see_the_amount_of_their_language(minor, currency, locale, text):
    assert Money(minor, currency).format(locale) == text
