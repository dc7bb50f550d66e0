"""What keeps an evaluation from being made."""

from __future__ import annotations

from recommender.errors import RecommenderError


class TooLittleHistory(RecommenderError):
    """The history cannot be split as asked; the message says what is missing."""
