"""Who of the staff may do what. Pure: roles are fixed sets of permissions."""

from __future__ import annotations

from collections.abc import Mapping

PERMISSIONS = (
    "orders.read",
    "orders.write",
    "orders.refund",
    "products.read",
    "products.write",
    "stock.write",
    "customers.read",
    "customers.write",
    "discounts.write",
    "shipping.write",
    "pages.write",
    "settings.write",
    "staff.write",
    "audit.read",
)
ALL = frozenset(PERMISSIONS)
# Who has none of these roles is a customer, and the console does not exist for them.
ROLES: Mapping[str, frozenset[str]] = {
    "owner": ALL,
    "manager": ALL - {"staff.write"},
    "support": frozenset(
        {
            "orders.read",
            "orders.write",
            "orders.refund",
            "customers.read",
            "customers.write",
            "products.read",
        }
    ),
    "warehouse": frozenset({"orders.read", "orders.write", "stock.write", "products.read"}),
    "moderator": frozenset({"customers.read"}),
}


def is_staff(role: str) -> bool:
    """Whether this role has the console at all."""
    return role in ROLES


def may(role: str, permission: str) -> bool:
    """Whether this role has the permission; the empty one is what everybody on the staff may do.

    Raises ValueError for a permission that does not exist, so that a slip of the pen opens nothing.
    """
    if permission and permission not in ALL:
        raise ValueError(f"no permission is called {permission!r}")
    return is_staff(role) and (not permission or permission in ROLES[role])
