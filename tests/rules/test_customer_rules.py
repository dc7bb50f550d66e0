"""How addresses are compared, where a sign-in may lead, and how long it lasts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from storefront.customers.rules import ABSOLUTE, IDLE, email_key, own_path, still_signed_in

MOMENT = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann@Shop.Test", "ann@shop.test"),
        (" ann@shop.test ", "ann@shop.test"),
        ("e\u0301@shop.test", "é@shop.test"),
        ('"ann,bob@home"@Shop.Test', '"ann,bob@home"@shop.test'),
        ("o'hara+x=1!#$%&*/?^`{|}~-_.@shop.test", "O'Hara+x=1!#$%&*/?^`{|}~-_.@shop.test"),
    ],
)
def test_the_same_address_written_differently(one, other):
    assert email_key(one) == email_key(other) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("\u212aim@shop.test", "kim@shop.test"),  # the Kelvin sign
        ("ａnn@shop.test", "ann@shop.test"),  # full width
        ("ann+1@shop.test", "ann@shop.test"),
        ("аnn@shop.test", "ann@shop.test"),  # a Cyrillic a
        ("ıan@shop.test", "ian@shop.test"),
    ],
)
def test_twins_of_an_address_stay_different_people(one, other):
    assert email_key(one) != email_key(other)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ann",
        "ann@",
        "@shop.test",
        "ann@shop",
        "a b@shop.test",
        "a\n@shop.test",
        "a" * 330 + "@b.c",
        "\u212aim@shop.test",
        "ann@shop.test,bob@shop.test",
        "ann@shop.test;bob@shop.test",
        "Ann <ann@shop.test>",
        "<ann@shop.test>",
        "ann@shop@test.example",
        "ann(the first)@shop.test",
        "ann:bob@shop.test",
        'a"b@shop.test',
        '"a"b"@shop.test',
        '""@shop.test',
        "ann@[192.0.2.1]",
        "ann@shop..test",
        "ann@.shop.test",
        "ann@shop.test.",
        "ann@shop,test.example",
    ],
)
def test_what_is_no_address(text):
    assert email_key(text) is None


@pytest.mark.parametrize("target", ["/", "/c/books?page=2", "/zh/p/thing", "/search?q=a//b", "/@shop.test"])
def test_an_address_of_this_shop_is_followed(target):
    assert own_path(target, "/home") == target


@pytest.mark.parametrize(
    "target",
    [
        None, "", "https://evil.test", "//evil.test", "/\\evil.test", "\\\\evil.test", "evil.test", "javascript:alert(1)",
        "///evil.test", "/\t/evil.test", "/\r\nSet-Cookie: a=b", " //evil.test", "http:evil.test", "/a\\@evil.test",
        "/\x00", "data:text/html,x",
    ],
)  # fmt: skip
def test_nobody_is_led_away(target):
    assert own_path(target, "/home") == "/home"


@pytest.mark.parametrize(
    ("age", "idle", "signed_in"),
    [
        (timedelta(0), timedelta(0), True),
        (timedelta(days=13), timedelta(days=13), True),
        (IDLE, IDLE, False),
        (ABSOLUTE - timedelta(seconds=1), timedelta(0), True),
        (ABSOLUTE, timedelta(0), False),
    ],
)
def test_a_sign_in_ends_when_idle_or_old(age, idle, signed_in):
    assert still_signed_in(MOMENT - age, MOMENT - idle, MOMENT) is signed_in
