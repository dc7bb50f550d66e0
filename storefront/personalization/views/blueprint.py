"""The blueprint that the shopper's pages of personalization hang on."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("personalization", __name__)
