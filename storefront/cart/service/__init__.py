"""What carts answer and do. Pages reach the cart of their request through `visiting`."""

from __future__ import annotations

from storefront.cart.service.bills import Bill, bill_of
from storefront.cart.service.carts import (
    CartRef,
    CartRow,
    count_pieces,
    find_cart,
    forget_idle_carts,
    get_cart,
    lock_cart,
    order_token,
    pieces_of,
)
from storefront.cart.service.coupons import remove_coupon, set_country, set_coupon, set_note
from storefront.cart.service.lines import (
    Added,
    Removed,
    add_to_cart,
    back_to_cart,
    give_back_lines,
    remove_line,
    restore_line,
    save_for_later,
    set_quantity,
    step_quantity,
    take_lines,
)
from storefront.cart.service.merging import Merged, merge_carts
from storefront.cart.service.showing import (
    CartView,
    LineView,
    code_problems,
    known_facts,
    load_cart,
    quote_request,
)
from storefront.cart.service.undoing import open_removed, seal_removed
from storefront.cart.service.visiting import (
    cart_count,
    cart_of_request,
    cart_row,
    cart_to_fill,
    customer_id,
    forget_guest_cart,
    guest_cookie,
    remember_cart,
    write_cookie,
)
from storefront.cart.service.words import added_words, days_of, merged_words

__all__ = [
    "Added",
    "Bill",
    "CartRef",
    "CartRow",
    "CartView",
    "LineView",
    "Merged",
    "Removed",
    "add_to_cart",
    "added_words",
    "back_to_cart",
    "bill_of",
    "cart_count",
    "cart_of_request",
    "cart_row",
    "cart_to_fill",
    "code_problems",
    "count_pieces",
    "customer_id",
    "days_of",
    "find_cart",
    "forget_guest_cart",
    "forget_idle_carts",
    "get_cart",
    "give_back_lines",
    "guest_cookie",
    "known_facts",
    "load_cart",
    "lock_cart",
    "merge_carts",
    "merged_words",
    "open_removed",
    "order_token",
    "pieces_of",
    "quote_request",
    "remember_cart",
    "remove_coupon",
    "remove_line",
    "restore_line",
    "save_for_later",
    "seal_removed",
    "set_country",
    "set_coupon",
    "set_note",
    "set_quantity",
    "step_quantity",
    "take_lines",
    "write_cookie",
]
