"""How a request is read, so that whatever it says can be kept and looked for."""

from __future__ import annotations

import string
from typing import Any
from urllib.parse import quote

from flask import Request
from werkzeug.datastructures import ImmutableMultiDict

# As browsers do with a NUL in a page: nobody typed it, and PostgreSQL fails when it is asked for one.
INSTEAD_OF_NUL = "\ufffd"


class KeptTexts(ImmutableMultiDict[str, Any]):
    """Parameters of an address or fields of a form, none with a NUL."""

    def __init__(self, mapping: Any = None) -> None:
        super().__init__([(_kept(name), _kept(text)) for name, text in mapping] if mapping else None)


def _kept(text: Any) -> Any:
    return text.replace("\0", INSTEAD_OF_NUL) if isinstance(text, str) else text


class ShopRequest(Request):
    """A request whose address is written as addresses are, whatever bytes were sent."""

    parameter_storage_class = KeptTexts

    def __init__(self, environ: dict[str, Any], *arguments: Any, **options: Any) -> None:
        query = environ.get("QUERY_STRING", "")
        if not query.isascii():
            # Bytes that are no UTF-8 would be an error wherever somebody reads a parameter.
            environ["QUERY_STRING"] = quote(query, safe=string.printable, encoding="latin-1")
        super().__init__(environ, *arguments, **options)
