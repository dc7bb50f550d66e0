"""Named refusals of the cart."""

from __future__ import annotations

from flask_babel import gettext as _

from storefront.core.errors import Refusal


class BadQuantity(Refusal):
    """Not a number of pieces from 1 to 999. `line` is the key of the line it was meant for, if any."""

    def __init__(self, *, line: str = "") -> None:
        super().__init__(_("Please give a whole number from 1 to 999."), field="quantity")
        self.line = line


class NotForSale(Refusal):
    """There is no such thing, or it is not sold at the moment."""

    status = 422

    def __init__(self) -> None:
        super().__init__(_("This is not sold at the moment."), field="sku")


class NoneLeft(Refusal):
    """The cart holds already as many as there are: `left`."""

    status = 409

    def __init__(self, message: str, left: int) -> None:
        super().__init__(message, field="quantity")
        self.left = left


class CartFull(Refusal):
    """More lines than a cart holds."""


class BadCoupon(Refusal):
    """A code that does not count, with the reason."""

    def __init__(self, message: str) -> None:
        super().__init__(message, field="code")
