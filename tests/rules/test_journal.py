"""Robots, refusals and the list of viewed products."""

from __future__ import annotations

import pytest

from storefront.journal.rules import VIEWED_KEPT, is_robot, refuses_tracking, viewed_after

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile Safari/604.1"
DESKTOP = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
CUBOT = "Mozilla/5.0 (Linux; Android 14; CUBOT X70) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36"


@pytest.mark.parametrize("agent", [PHONE, DESKTOP, CUBOT])
def test_people_are_no_robots(agent: str) -> None:
    assert not is_robot(agent)


@pytest.mark.parametrize(
    "agent",
    [
        "",
        "   ",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
        "Mozilla/5.0 (compatible; Baiduspider/2.0)",
        "facebookexternalhit/1.1",
        "curl/8.5.0",
        "python-requests/2.34",
        "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/141.0.0.0",
        "UptimeRobot/2.0",
    ],
)
def test_robots_are_known_by_what_they_say(agent: str) -> None:
    assert is_robot(agent)


def test_who_does_not_ask_for_pages_is_no_person() -> None:
    assert is_robot(PHONE, accepts_html=False)


@pytest.mark.parametrize("header", [("DNT", "1"), ("Sec-GPC", "1"), ("sec-gpc", " 1 ")])
def test_a_browser_may_say_no_for_its_owner(header: tuple[str, str]) -> None:
    assert refuses_tracking([("Accept", "text/html"), header])


def test_no_header_is_no_refusal() -> None:
    assert not refuses_tracking([("DNT", "0"), ("Accept", "text/html")])


def test_a_product_seen_again_moves_to_the_end() -> None:
    assert viewed_after((1, 2, 3), 2) == (1, 3, 2)


def test_the_list_of_viewed_products_stays_short() -> None:
    viewed: tuple[int, ...] = ()
    for product in range(50):
        viewed = viewed_after(viewed, product)
    assert len(viewed) == VIEWED_KEPT
    assert viewed[-1] == 49
