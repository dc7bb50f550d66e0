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

VIEW, CART, PURCHASE, RETURN, REJECT = range(5)  # reject: "not for me", said by the customer
KINDS = ("view", "cart", "purchase", "return", "reject")
UNKNOWN = -1  # code of an empty customer, order, session or category
