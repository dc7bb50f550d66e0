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
ABOUT = "about"

REQUIRED = (CUSTOMER, PRODUCT, KIND, AT)
OPTIONAL = (QUANTITY, ORDER, SESSION, PRICE, CATEGORY)
OF_A_ROW = REQUIRED + OPTIONAL
KNOWN = (*OF_A_ROW, ABOUT)  # the last is of the product: brand, title, attributes in words

# reject: "not for me", said by the customer; listed: the shop has it since then; ignore: shown so many times
# (the quantity) in the shop's rows, the last time then, and left lying
VIEW, CART, PURCHASE, RETURN, REJECT, LISTED, IGNORE = range(7)
KINDS = ("view", "cart", "purchase", "return", "reject", "listed", "ignore")
UNKNOWN = -1  # code of an empty customer, order, session or category
