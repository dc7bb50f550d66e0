"""Who is no person: what a client says of itself, what it asks for, how fast it goes. Pure.

Three signs, each enough: a name that robots and scripts give themselves (or none), a request that no browser
makes when a person opens a page, and more pages in a minute than anybody reads.
"""

from __future__ import annotations

import re
from collections import OrderedDict

# Names that honest robots give themselves, and what scripted clients send. The journal never sees them.
_ROBOT = re.compile(
    r"(?<!cu)bot(?:\b|[/;)])|crawl|spider|slurp|archiver|preview|fetch|monitor|scan|headless|phantom|puppeteer"
    r"|playwright|selenium|lighthouse|curl|wget|python|java/|go-http|okhttp|libwww|httpclient|axios"
    r"|facebookexternalhit|embedly|feed|validator|checker|uptime",
    re.IGNORECASE,
)
# Opening a dozen tabs at once is human, sixty pages within one minute are not.
PACE_SECONDS = 60
PACE_PAGES = 60
REMEMBERED = 10_000


def is_robot(user_agent: str, *, accepts_html: bool = True) -> bool:
    """Whether this client is no person: it says so, says nothing, or does not even ask for a page."""
    return not user_agent.strip() or not accepts_html or bool(_ROBOT.search(user_agent[:512]))


def asks_as_browsers_do(accept: str, accept_language: str, purpose: str) -> bool:
    """Whether a page is asked for as a person's browser asks: for HTML, and not to have it beforehand.

    Scripts ask for anything (`*/*`) and name no language.
    """
    if purpose.casefold().startswith("prefetch"):
        return False
    return "text/html" in accept or ("*/*" in accept and bool(accept_language.strip()))


class Pace:
    """How many pages each of the last few thousand visits opened within a minute. One process's memory."""

    def __init__(self) -> None:
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def pages_at(self, who: str, moment: float) -> int:
        """How many pages of `who` were counted in the minute that runs at `moment`."""
        began, pages = self._windows.get(who, (moment, 0))
        return pages if 0 <= moment - began < PACE_SECONDS else 0

    def pages_now(self, who: str, moment: float) -> int:
        """Count one more page of `who` at `moment` (seconds); how many these are within the minute."""
        began, pages = self._windows.pop(who, (moment, 0))
        if not 0 <= moment - began < PACE_SECONDS:
            began, pages = moment, 0
        self._windows[who] = (began, pages + 1)
        if len(self._windows) > REMEMBERED:
            self._windows.popitem(last=False)
        return pages + 1

    def forget(self) -> None:
        """Begin anew."""
        self._windows.clear()
