"""Every column name and kind of the interaction table, once."""

from __future__ import annotations

CUSTOMER = "customer"
PRODUCT = "product"
KIND = "kind"
AT = "at"
QUANTITY = "quantity"
ORDER = "order"
SESSION = "session"
PRICE = "price"
CATEGORY = "category"

REQUIRED = (CUSTOMER, PRODUCT, KIND, AT)
OPTIONAL = (QUANTITY, ORDER, SESSION, PRICE, CATEGORY)
KNOWN = REQUIRED + OPTIONAL

VIEW, CART, PURCHASE, RETURN = range(4)
KINDS = ("view", "cart", "purchase", "return")
UNKNOWN = -1  # code of an empty customer, order, session or category
