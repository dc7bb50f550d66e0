"""Orders as the staff see them: the list, one order and its actions, problems with payments, paper."""

from __future__ import annotations

from storefront.ordering.owner import acting, attention, detail, listing, paper
from storefront.ordering.owner.frame import blueprint, init_app

__all__ = ["acting", "attention", "blueprint", "detail", "init_app", "listing", "paper"]
