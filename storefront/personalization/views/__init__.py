"""Pages on which people see, and correct, what the shop makes of what they do."""

from storefront.personalization.views import about, rejecting
from storefront.personalization.views.blueprint import blueprint
from storefront.personalization.views.rejecting import init_app

__all__ = ["about", "blueprint", "init_app", "rejecting"]
