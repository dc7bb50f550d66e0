"""What roles, permissions and jobs are called in the language of the page."""

from __future__ import annotations

from flask_babel import gettext as _


def group_name(group: str) -> str:
    """The heading of a part of the navigation; the first part has none."""
    return {
        "know": _("Know"),
        "speak": _("Speak"),
        "find_out": _("Find out"),
        "shop": _("Shop"),
    }.get(group, "")


def role_name(role: str) -> str:
    """What a role is called."""
    return {
        "owner": _("Owner"),
        "manager": _("Manager"),
        "support": _("Support"),
        "warehouse": _("Warehouse"),
        "moderator": _("Moderator"),
    }.get(role, _("Customer"))


def role_meaning(role: str) -> str:
    """What somebody in this role may do, in a sentence."""
    return {
        "owner": _("May do everything, also decide who works here."),
        "manager": _("May do everything but decide who works here."),
        "support": _("Answers customers: orders, refunds, customers' data."),
        "warehouse": _("Packs and sends: orders, stock."),
        "moderator": _("Reads customers' names and what they post."),
    }.get(role, "")


def permission_name(permission: str) -> str:
    """What a permission lets somebody do."""
    return {
        "orders.read": _("see orders"),
        "orders.write": _("work on orders"),
        "orders.refund": _("give money back"),
        "products.read": _("see products"),
        "products.write": _("change products"),
        "stock.write": _("change stock"),
        "customers.read": _("see customers"),
        "customers.write": _("change customers"),
        "discounts.write": _("change discounts"),
        "shipping.write": _("change delivery and tax"),
        "pages.write": _("change pages and menus"),
        "settings.write": _("change the settings of the shop"),
        "staff.write": _("decide who works here"),
        "audit.read": _("read the log of changes"),
    }.get(permission, permission)
