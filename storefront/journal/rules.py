"""Who is a robot, what may be kept, and how a list of viewed products grows. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from storefront.customers.rules.consent import refuses_tracking

__all__ = ["VIEWED_KEPT", "is_robot", "refuses_tracking", "viewed_after"]

VIEWED_KEPT = 20

# Names that honest robots give themselves, and what scripted clients send. The journal never sees them.
_ROBOT = re.compile(
    r"(?<!cu)bot(?:\b|[/;)])|crawl|spider|slurp|archiver|preview|fetch|monitor|scan|headless|phantom|puppeteer"
    r"|playwright|selenium|lighthouse|curl|wget|python|java/|go-http|okhttp|libwww|httpclient|axios"
    r"|facebookexternalhit|embedly|feed|validator|checker|uptime",
    re.IGNORECASE,
)


def is_robot(user_agent: str, *, accepts_html: bool = True) -> bool:
    """Whether this client is no person: it says so, says nothing, or does not even ask for a page."""
    return not user_agent.strip() or not accepts_html or bool(_ROBOT.search(user_agent[:512]))


def viewed_after(viewed: Sequence[int], product_id: int) -> tuple[int, ...]:
    """The list of viewed products, newest last, each once, after one more was looked at."""
    kept = [product for product in viewed if product != product_id]
    return (*kept[-(VIEWED_KEPT - 1) :], product_id)
