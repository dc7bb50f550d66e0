"""What other features may ask of treatments."""

from storefront.treatments.rules import HELD_BACK, TREATED, Exposure
from storefront.treatments.service.assigning import arm_on_page, page_of
from storefront.treatments.service.exposing import expose
from storefront.treatments.service.reading import SeenPage, SeenStrip, find_page_seen, pages_seen

__all__ = [
    "HELD_BACK",
    "TREATED",
    "Exposure",
    "SeenPage",
    "SeenStrip",
    "arm_on_page",
    "expose",
    "find_page_seen",
    "page_of",
    "pages_seen",
]
