"""The three kinds of answers that are not success. `app.py` turns them into statuses and pages, once."""

from __future__ import annotations


class ShopError(Exception):
    """Base of all named errors; `message` is a sentence for the person concerned, already translated."""

    status = 400

    def __init__(self, message: str = "", *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class Refusal(ShopError):
    """Somebody can do something about it: shown next to `field` when there is one."""

    status = 422


class NotFound(ShopError):
    """There is no such thing, or it is not this person's: both look the same from outside."""

    status = 404


class NotAllowed(ShopError):
    """The person is known and may not do this."""

    status = 403


class Gone(NotFound):
    """There was such a thing and it will not come back."""

    status = 410


class SetupError(ShopError):
    """The shop cannot start or run a command as it is configured; says what to change."""

    status = 500
