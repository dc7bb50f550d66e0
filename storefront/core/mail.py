"""Transactional mail: a template and a row, no gate."""

from __future__ import annotations

from flask import Flask

from storefront.core.settings import Settings


def init_mail(app: Flask, settings: Settings) -> None:
    """Attach the mail transport."""
