"""What wish lists and back-in-stock requests answer and do."""

from __future__ import annotations

from storefront.reviews.service.asking import (
    Asker,
    as_member,
    as_visitor,
    ask,
    confirm,
    find_linked,
    forget_requests,
    remove_by_link,
    remove_mine,
    requests_of,
    state_for,
)
from storefront.reviews.service.kept import has_kept, keep_wishes, kept_wishes, write_kept
from storefront.reviews.service.lists import (
    FACT,
    WishLine,
    list_of,
    shared_list,
    visitors_list,
    wished_fact,
    wished_now,
)
from storefront.reviews.service.pressing import can_undo, join, put_on, take_off, undo
from storefront.reviews.service.sharing import (
    get_share,
    give,
    share_list,
    share_of,
    stop_sharing,
    take_back,
)
from storefront.reviews.service.telling import tell, tell_next_waves
from storefront.reviews.service.tokens import CONFIRM, REMOVE
from storefront.reviews.service.wishes import (
    add_wish,
    change_wish,
    forget_removed,
    is_out,
    kept_of,
    merge_kept,
    move_wish,
    remove_wish,
    undo_removal,
)

__all__ = [
    "CONFIRM",
    "FACT",
    "REMOVE",
    "Asker",
    "WishLine",
    "add_wish",
    "as_member",
    "as_visitor",
    "ask",
    "can_undo",
    "change_wish",
    "confirm",
    "find_linked",
    "forget_removed",
    "forget_requests",
    "get_share",
    "give",
    "has_kept",
    "is_out",
    "join",
    "keep_wishes",
    "kept_of",
    "kept_wishes",
    "list_of",
    "merge_kept",
    "move_wish",
    "put_on",
    "remove_by_link",
    "remove_mine",
    "remove_wish",
    "requests_of",
    "share_list",
    "share_of",
    "shared_list",
    "state_for",
    "stop_sharing",
    "take_back",
    "take_off",
    "tell",
    "tell_next_waves",
    "undo",
    "undo_removal",
    "visitors_list",
    "wished_fact",
    "wished_now",
    "write_kept",
]
