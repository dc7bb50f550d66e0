"""Named refusals of the checkout."""

from __future__ import annotations

from collections.abc import Mapping

from storefront.core.errors import Refusal


class FormRefused(Refusal):
    """A step's form with a sentence for each field that is missing or wrong, in the order of the page."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        field, message = next(iter(errors.items()))
        super().__init__(message, field=field)
        self.errors = dict(errors)


class NothingToBuy(Refusal):
    """The cart is empty, or nothing in it can be bought now."""


class NotThisFar(Refusal):
    """A step before this one is not finished; `step` comes next."""

    def __init__(self, step: str) -> None:
        super().__init__()
        self.step = step
