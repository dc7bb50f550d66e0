"""Named refusals of the catalogue."""

from __future__ import annotations

from storefront.core.errors import Refusal


class BadPicture(Refusal):
    """A file that is no picture, too large, or of a kind that is not taken."""


class SlugTaken(Refusal):
    """Another thing has this address already."""


class BadSlug(Refusal):
    """Not a text that can stand in an address."""


class SkuTaken(Refusal):
    """Another variant has this SKU already."""


class BadCategory(Refusal):
    """A category cannot stand below itself."""


class BadAmount(Refusal):
    """A price below zero."""
