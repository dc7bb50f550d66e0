"""The picture that stands for the shop where a link to it is shown: the same for everybody."""

from __future__ import annotations

from typing import Any

from flask import current_app

from storefront.catalog.rules.values import Picture
from storefront.catalog.service.content import department_alcoves
from storefront.catalog.service.surroundings import mount
from storefront.core.security import static_url
from storefront.core.versions import version_of

MARK, MARK_SIZE = "icons/mark.png", 512


def init_previews(app: Any) -> None:
    """Give this app an empty memory."""

    def forget() -> None:
        app.extensions["regulars_preview"] = (None, None)

    forget()
    app.extensions.setdefault("regulars_forget", []).append(forget)


def shop_picture() -> Picture | None:
    """The picture of the first department that has one; looked up once per version of the catalogue."""
    version = version_of("catalog"), version_of("navigation"), mount()
    known, picture = current_app.extensions["regulars_preview"]
    if known != version:
        picture = next((alcove.picture for alcove in department_alcoves() if alcove.picture), None)
        current_app.extensions["regulars_preview"] = version, picture
    return picture


def shop_mark() -> Picture:
    """The shop's sign, for pages without a picture of their own."""
    return Picture(static_url(MARK), "", MARK_SIZE, MARK_SIZE)
