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


class ChangedMeanwhile(Refusal):
    """Somebody else changed what a form shows between showing and saving."""

    status = 409


class StillUsed(Refusal):
    """A thing that others hang on cannot be removed."""


class BadText(Refusal):
    """A text that has to be there, or that is too long."""
