"""The strongest pairs of the shop: what a tour of it should show."""

from __future__ import annotations

from storefront.catalog import service as catalog
from storefront.core.i18n import first_language
from storefront.personalization.service.engine import holder
from storefront.personalization.service.surfaces import candidates


def best_paired_products(count: int, look_at: int = 60) -> list[tuple[str, str, str]]:
    """(path, title, title of its best complement) of the products whose best complement is shared most.

    Looks at the `look_at` most kept products that can be seen now; empty without a trained engine.
    """
    engine = holder().current()
    if engine is None:
        return []
    popular = [found.product_id for found in candidates(engine, "popular", n=look_at)]
    best: list[tuple[float, int, int]] = []
    for product in popular:
        found = candidates(engine, "goes_with", products=(product,), n=1)
        if found and found[0].source == "bought_together":
            best.append((float(found[0].evidence.get("share", 0.0)), product, found[0].product_id))
    ranked = sorted(best, key=lambda pair: (-pair[0], pair[1]))[: count * 4]
    cards = catalog.load_cards(
        sorted({product for pair in ranked for product in pair[1:]}), first_language().code
    )
    shown = [pair for pair in ranked if pair[1] in cards and pair[2] in cards][:count]
    return [
        (cards[product].url, cards[product].title, cards[other].title) for _share, product, other in shown
    ]
