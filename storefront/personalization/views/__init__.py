"""Pages on which people see, and correct, what the shop makes of what they do."""

from storefront.personalization.views import about
from storefront.personalization.views.blueprint import blueprint

__all__ = ["about", "blueprint"]
