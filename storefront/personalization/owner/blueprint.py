"""The blueprint that owners' pages of recommendations hang on."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("personalization_owner", __name__)
