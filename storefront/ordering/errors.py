"""Named refusals of orders and payments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _

from storefront.core.errors import Refusal

if TYPE_CHECKING:
    from storefront.pricing.rules import Quote


class QuoteChanged(Refusal):
    """Prices, taxes or delivery are not what the shopper saw; `new_quote` counts now. The cart is kept."""

    status = 409

    def __init__(self, new_quote: Quote) -> None:
        super().__init__(
            _("Something changed while you were here. Please look at the new total and confirm it.")
        )
        self.new_quote = new_quote


class NoSuchGateway(Refusal):
    """The way to pay is not offered (any more), or not for this order."""

    def __init__(self) -> None:
        super().__init__(_("This way to pay is not offered. Please choose another."), field="gateway")


class PaymentUnderWay(Refusal):
    """A payment may still succeed; another one is not begun beside it."""

    status = 409

    def __init__(self) -> None:
        super().__init__(_("Your payment is being confirmed. Please do not pay again."))


class OrderOver(Refusal):
    """The order was cancelled, or is paid already: there is nothing to pay."""

    status = 409

    def __init__(self, cancelled: bool) -> None:
        super().__init__(
            _("This order was cancelled. Nothing has to be paid for it.")
            if cancelled
            else _("This order is paid. Nothing more has to be done.")
        )
        self.cancelled = cancelled


class CannotCancel(Refusal):
    """The order is on its way, over, or its payment is being confirmed."""

    status = 409

    def __init__(self) -> None:
        super().__init__(_("This order cannot be cancelled any more."))


class CannotShip(Refusal):
    """More pieces than are left to send, or an order that is not confirmed."""

    def __init__(self, left: int | None = None) -> None:
        words = _("Nothing of this order can be sent now.")
        if left is not None:
            words = _("Only %(left)s of these are left to send.", left=left)
        super().__init__(words, field="quantity")
        self.left = left


class CannotTakeOut(Refusal):
    """More pieces than wait to be sent, all of them at once, or while a bank decides about the payment."""

    def __init__(self, left: int | None = None, *, everything: bool = False) -> None:
        words = _("Nothing can be taken out of this order now.")
        if left is not None:
            words = _("Only %(left)s of these are left to send.", left=left)
        if everything:
            words = _("Nothing would be left of the order. Please cancel it instead.")
        super().__init__(words, field="quantity")
        self.left = left


class CannotCorrect(Refusal):
    """Something was sent already, or the order is over."""

    status = 409

    def __init__(self) -> None:
        super().__init__(_("This order is on its way or over: its address stays as it is."))


class CannotReturn(Refusal):
    """More pieces than were sent and have not come back."""

    def __init__(self) -> None:
        super().__init__(_("So many pieces cannot come back from this order."), field="quantity")


class RefundTooLarge(Refusal):
    """More than was paid and not given back yet: `left_minor` is left."""

    def __init__(self, left_minor: int) -> None:
        super().__init__(_("That is more than is left to give back."), field="amount")
        self.left_minor = left_minor


class KeyUsed(Refusal):
    """An idempotency key came again with other contents."""

    def __init__(self) -> None:
        super().__init__(_("This form was sent before with other values. Please look at what was done."))


class NotByHand(Refusal):
    """The gateway tells when money comes; nobody writes it down by hand."""

    def __init__(self) -> None:
        super().__init__(_("This payment is confirmed by the payment provider, not by hand."))


class NothingOnItsWay(Refusal):
    """Nothing of the order was sent, or the order is over: nothing can arrive."""

    status = 409

    def __init__(self) -> None:
        super().__init__(_("Nothing of this order is on its way."))


class NothingChosen(Refusal):
    """A form about pieces of an order came without any."""

    def __init__(self) -> None:
        super().__init__(_("Please choose what and how many."), field="quantity")


class ChangedMeanwhile(Refusal):
    """The order is not what it was when the form was shown. Nothing was done."""

    status = 409

    def __init__(self) -> None:
        super().__init__(_("Somebody changed this order meanwhile. Nothing was done; please look again."))


class GatewayDown(Exception):
    """A gateway did not answer, or not in time. What it did meanwhile is not known."""


class BadSignature(Exception):
    """A message that does not come from the gateway, is too old, or cannot be read. It has no effect."""
