"""For WSGI servers of one's own and for `flask --app wsgi`: `regulars serve` needs no such file."""

from __future__ import annotations

from storefront import create_app

app = create_app()
