"""Where gateways talk to us: their messages, and the shoppers they send back."""

from __future__ import annotations

from flask import Response, current_app, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from storefront.core.security import csrf
from storefront.ordering import service
from storefront.ordering.errors import BadSignature
from storefront.ordering.rules.orders import PaymentStep
from storefront.ordering.views import blueprint


@blueprint.post("/payments/<gateway>/webhook")
@csrf.exempt  # no browser sends this: the signature says who speaks
def webhook(gateway: str) -> Response:
    """A gateway's message. 200 when it was taken in, however it ended; 400 without effect when forged."""
    try:
        outcomes = service.take_webhook(gateway, dict(request.headers), request.get_data())
    except BadSignature:
        return Response("bad signature\n", 400, mimetype="text/plain")
    return Response("\n".join(outcomes) + "\n", 200, mimetype="text/plain")


@blueprint.get("/payments/back/<token>")
def back_from_payment(token: str) -> AnyResponse:
    """The shopper comes back from the payment's page; what really happened the gateway says."""
    return redirect(after_payment(service.return_from_gateway(token), token), 303)


def after_payment(step: PaymentStep, token: str) -> str:
    """The page for a shopper after a payment: done or being confirmed, or the one to try again."""
    name = "checkout.pay" if step.kind == "failed" else "checkout.done"
    # The checkout stands above orders; without it the home page says nothing wrong.
    return url_for(name, signed=token) if name in current_app.view_functions else url_for("homepage.show")
