"""How e-mail addresses are compared. Pure."""

from __future__ import annotations

import unicodedata

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
    """No blanks or control characters, nothing unreadable, none of the signs that NFC turns into ASCII."""
    plain = not any(c.isspace() or c < " " or c == "\ufffd" for c in text)
    return plain and not any(not c.isascii() and unicodedata.normalize("NFC", c).isascii() for c in text)
