"""What a heart does: a member's list changes in the shop, a visitor's in their browser."""

from __future__ import annotations

from flask import g, session
from flask_babel import gettext as _
from flask_login import current_user

from storefront.catalog.rules.variant_cards import VariantCard
from storefront.reviews.errors import ListFull
from storefront.reviews.rules import MOST_KEPT, kept_with, kept_without, read_kept
from storefront.reviews.service.kept import keep_wishes, kept_wishes
from storefront.reviews.service.lists import Wished, wished_now
from storefront.reviews.service.wishes import add_wish, kept_of, merge_kept, remove_wish, undo_removal

UNDO = "wish_undo"


def put_on(card: VariantCard) -> None:
    """Put a variant on the list of whoever asks. Raises ListFull."""
    if current_user.is_authenticated:
        add_wish(current_user.customer_id, card)
    else:
        kept, known = kept_wishes(), wished_now().variants
        if card.variant_id not in known and len(kept) >= MOST_KEPT:
            words = _(
                "A list without an account holds %(count)s things. Sign in, and it grows.", count=MOST_KEPT
            )
            raise ListFull(words)
        keep_wishes(kept_with(kept, kept_of(card)))
    _now(wished_now().pairs | {(card.variant_id, card.product_id)})


def take_off(card: VariantCard, *, whole: bool = False) -> None:
    """Take a variant off, or with `whole` all variants of its product; what went can be put back."""
    pairs = wished_now().pairs
    gone = {
        pair for pair in pairs if pair[1 if whole else 0] == (card.product_id if whole else card.variant_id)
    }
    ids = [pair[0] for pair in gone]
    if current_user.is_authenticated:
        session[UNDO] = {"ids": remove_wish(current_user.customer_id, ids)}
    else:
        kept = kept_wishes()
        session[UNDO] = {"kept": [wish.as_list() for wish in kept if wish.variant_id in ids]}
        keep_wishes(kept_without(kept, ids))
    _now(pairs - gone)


def can_undo() -> bool:
    """Whether this browser took something off that can be put back."""
    return bool(session.get(UNDO))


def undo() -> bool:
    """Put back what was taken off last; False when there is nothing."""
    last = session.pop(UNDO, None)
    if not isinstance(last, dict):
        return False
    if current_user.is_authenticated:
        return undo_removal(current_user.customer_id, last.get("ids", ())) > 0
    kept = kept_wishes()
    back = read_kept(last.get("kept"))
    for wish in reversed(back):
        kept = kept_with(kept, wish)
    keep_wishes(kept)
    return bool(back)


def join(customer_id: int) -> int:
    """What this browser kept is the customer's from now on; returns how many things are new on their list."""
    added = merge_kept(customer_id, kept_wishes())
    keep_wishes(())
    session.pop(UNDO, None)
    return added


def _now(pairs: frozenset[tuple[int, int]]) -> None:
    g.regulars_wished = Wished(pairs)
