"""How e-mail addresses are compared, where a sign-in may lead, how long it lasts. Pure."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta
from urllib.parse import urlsplit

PURPOSES = ("statistics", "personalization", "marketing")
ROLES = ("customer", "owner", "manager", "support", "warehouse", "moderator")
IDLE = timedelta(days=14)
ABSOLUTE = timedelta(days=30)
NOTICED_AFTER = timedelta(days=1)
SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 256
# What has a meaning of its own in the address line of a mail.
SPECIAL = frozenset(',;:<>()[]\\"@')


def email_key(email: str) -> str | None:
    """The form in which addresses are compared, or None for what is no address.

    Only plain ASCII letters are folded: look-alikes of other scripts stay different people (the Kelvin sign
    is not a k), so nobody gets another person's account by a twin of their address.
    """
    text = unicodedata.normalize("NFC", email.strip())
    local, at, domain = text.rpartition("@")
    if not at or len(text) > 320 or not _could_be_written(email.strip()):
        return None
    if not (_is_local_part(local) and _is_domain(domain)):
        return None
    return "".join(c.lower() if c.isascii() else c for c in text)


def _is_local_part(text: str) -> bool:
    """No sign that would make two addresses, a name or a comment of it, unless it stands in quotes."""
    if len(text) > 2 and text[0] == text[-1] == '"':
        return not set(text[1:-1]) & {'"', "\\"}
    return bool(text) and not set(text) & SPECIAL


def _is_domain(text: str) -> bool:
    """Two names or more with dots between them."""
    return "." in text and all(text.split(".")) and not set(text) & SPECIAL


def _could_be_written(text: str) -> bool:
    """No blanks, no control characters, none of the few signs that NFC turns into ASCII letters."""
    plain = not any(c.isspace() or c < " " for c in text)
    return plain and not any(not c.isascii() and unicodedata.normalize("NFC", c).isascii() for c in text)


def own_path(target: str | None, default: str = "/") -> str:
    """`target` when it is a path of this very host, else `default`: nobody is led away after signing in."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return default
    if any(c in target for c in "\\\r\n\t\0"):
        return default
    parts = urlsplit(target)
    return default if parts.scheme or parts.netloc else target


def still_signed_in(created_at: datetime, last_seen_at: datetime, moment: datetime) -> bool:
    """Whether a sign-in still counts: not idle for 14 days, not older than 30."""
    return moment - last_seen_at < IDLE and moment - created_at < ABSOLUTE
