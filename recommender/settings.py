"""The engine's settings: one frozen value, kept in the artifact, refusing unknown keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from recommender.errors import BadSettings

ENOUGH_PAIRS = 20_000  # customers and what they bought, each once
FEW_PAIRS = 8_000  # below, personal lists also follow pairs that are not sure
LEAST_FRESH = 0.25  # of the weight of what newcomers buy now, however small the history


@dataclass(frozen=True, kw_only=True)
class EngineSettings:
    """Defaults suit a shop of some thousand products; every value is written into the artifact."""

    seed: int = 7
    threads: int = 0  # 0: all cores
    # evidence about other people
    min_buyers: int = 5  # distinct known customers below which nothing is said or shown
    # complements
    complements_kept: int = 50  # stored partners per product
    min_significance: float = 10.83  # log-likelihood ratio; 10.83 is one chance pair in 1,000
    basket_cap: int = 60  # an order of n different products weighs min(1, cap / n) in the ranking
    follow_days: int = 60  # what is bought so long after a product may follow it
    bulk_items: int = 100  # orders with more different products than this do not rank at all
    # item to item, factors
    neighbours_kept: int = 50
    factors: int = 64
    iterations: int = 12
    regularization: float = 1.0
    confidence: float = 4.0
    cart_weight: float = 0.5  # one cart event beside a purchase of weight 1
    view_weight: float = 0.2
    neighbour_share: float = 0.3  # weight of item-to-item beside the factors in personal lists
    fresh_weight: float = 0.8  # of what finds new buyers now, beside the personal scores (best = 1)
    content_weight: float = 0.1  # of the customer's categories, for products with few buyers
    tuned: str | None = None  # until which day the history went on which these weights were chosen
    # time
    half_life_days: float = 30.0  # popularity
    taste_half_life_days: float = 90.0  # what a customer likes
    habit_half_life_days: float = 240.0
    as_of: str | None = None  # ISO date taken as "today"; default: the last row of the data
    # sessions
    session_sample: int = 500  # newest sessions looked at per viewed product
    session_neighbours: int = 100
    sessions_kept: int = 500_000
    # price steps
    premium_share: float = 0.34  # the dearest third of a category counts as premium
    # lists
    category_share: float = 0.5  # at most this part of a personal list from one category
    price_share: float = 0.5  # and this one from one quarter of prices, while others score about as much:
    price_tolerance: float = 0.2  # at most so much less
    # exploration: only in lists asked for a day
    exploration_share: float = 0.05  # of the places of personal lists, but never the first
    new_days: int = 60  # so long is a product new
    # shown often and left lying
    ignored_after: int = 5  # times from which a product goes down in this customer's lists
    ignored_half_life_days: float = 30.0
    # offline metrics
    holdout_days: int = 28
    holdout_customers: int = 1_000  # 0 switches the offline metrics off

    def __post_init__(self) -> None:
        for name in _POSITIVE:
            if not getattr(self, name) > 0:
                raise BadSettings("must be greater than 0", key=name)
        for name in _NOT_NEGATIVE:
            if not getattr(self, name) >= 0:
                raise BadSettings("must not be below 0", key=name)
        for name in _SHARES:
            if not 0 <= getattr(self, name) <= 1:
                raise BadSettings("must lie between 0 and 1", key=name)

    @classmethod
    def of(cls, given: EngineSettings | Mapping[str, Any] | None) -> EngineSettings:
        """Settings from a mapping. Raises BadSettings for a key that does not exist or a wrong type."""
        if given is None:
            return cls()
        if isinstance(given, EngineSettings):
            return given
        known = {field.name: field for field in fields(cls)}
        for key, value in given.items():
            if key not in known:
                raise BadSettings(f"unknown; known are {', '.join(sorted(known))}", key=str(key))
            if not _fits(value, known[key].default):
                raise BadSettings(f"{value!r} has the wrong type", key=key)
        return cls(**given)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for the manifest."""
        return asdict(self)


def weights_of_size(settings: EngineSettings, pairs: int) -> EngineSettings:
    """The blend of personal lists that a history of so many (customer, product) pairs supports.

    Factors and what newcomers buy now need many customers to say more than chance; neighbours need few. The
    usual weights were chosen on histories of more than ENOUGH_PAIRS; below, they shrink in proportion; of
    what newcomers buy now a part stays. What was tuned on the history itself stays as it was chosen.
    """
    earned = min(1.0, pairs / ENOUGH_PAIRS)
    if settings.tuned is not None or earned == 1:
        return settings
    share = 1 - (1 - settings.neighbour_share) * earned
    fresh = settings.fresh_weight * max(earned, LEAST_FRESH)
    return replace(settings, neighbour_share=share, fresh_weight=fresh)


_POSITIVE = (
    "min_buyers",
    "complements_kept",
    "basket_cap",
    "follow_days",
    "bulk_items",
    "neighbours_kept",
    "factors",
    "iterations",
    "half_life_days",
    "taste_half_life_days",
    "habit_half_life_days",
    "session_sample",
    "session_neighbours",
    "sessions_kept",
    "holdout_days",
    "new_days",
    "ignored_after",
    "ignored_half_life_days",
)
_NOT_NEGATIVE = ("fresh_weight", "content_weight")
_SHARES = (
    "neighbour_share",
    "premium_share",
    "category_share",
    "price_share",
    "price_tolerance",
    "exploration_share",
)


def _fits(value: Any, default: Any) -> bool:
    if isinstance(value, bool):
        return False
    if default is None:
        return value is None or isinstance(value, str)
    if isinstance(default, float):
        return isinstance(value, (int, float)) and value == value
    return isinstance(value, type(default))
