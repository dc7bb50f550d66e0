"""What stands in the navigation of the account. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class AccountPage:
    """One page of the account: `title` may be lazy, `endpoint` has no parameters, `icon` of _icons.html.

    A page is shown as current when its `data-page` is `account-<key>` or starts with that.
    """

    key: str
    title: Any
    endpoint: str
    position: int
    icon: str = "user"
