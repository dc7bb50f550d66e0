"""What other features may ask of treatments."""

from storefront.treatments.rules import HELD_BACK, TREATED, Exposure
from storefront.treatments.service.assigning import arm_on_page
from storefront.treatments.service.exposing import expose

__all__ = ["HELD_BACK", "TREATED", "Exposure", "arm_on_page", "expose"]
