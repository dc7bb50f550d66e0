"""Regulars: a shop that knows its regulars. `create_app` runs it alone, `Storefront` mounts it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from storefront.app import Storefront, create_app

__version__ = "0.1.0"
__all__ = ["Storefront", "__version__", "create_app"]


def __getattr__(name: str) -> Any:
    # Lazy, so that `regulars --help` and the import of one feature do not build the whole shop.
    if name in {"Storefront", "create_app"}:
        from storefront import app

        return getattr(app, name)
    raise AttributeError(name)
