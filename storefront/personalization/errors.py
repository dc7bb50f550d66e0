"""Named refusals of personalization."""

from __future__ import annotations

from storefront.core.errors import Refusal


class NotEnoughHistory(Refusal):
    """There is nothing to learn from yet."""


class SuspiciousEngine(Refusal):
    """The new engine is so much smaller or worse than the one in use that a person should look."""

    def __init__(self, doubts: list[str]) -> None:
        self.doubts = doubts
        reasons = "; ".join(doubts)
        super().__init__(f"the new engine was not published: {reasons}. Use --force if this is right.")


class NotTrained(Refusal):
    """No engine has been published yet."""


class BadRule(Refusal):
    """A rule of merchandising that says nothing, or nothing that can be."""


class RuleChanged(Refusal):
    """Somebody else changed the rule between showing its form and saving it."""

    status = 409
