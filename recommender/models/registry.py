"""Every model of the engine, once: what is stored, checked and built, in this order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recommender.arrays import Arrays, check_arrays
from recommender.catalogue import Catalogue
from recommender.models.arrivals import Arrivals
from recommender.models.companions import Companions
from recommender.models.content import Content
from recommender.models.contract import Model
from recommender.models.habits import Habits
from recommender.models.instead import Instead
from recommender.models.pairs import Complements, Followers, Neighbours, Substitutes
from recommender.models.popular import Popular
from recommender.models.sessions import Sessions
from recommender.models.steps import NextPrice, PremiumChain
from recommender.models.taste import Taste

MODELS: tuple[type[Model], ...] = (
    Followers,
    Complements,
    Companions,
    Neighbours,
    Substitutes,
    Content,
    Instead,
    Taste,
    Arrivals,
    Habits,
    Sessions,
    PremiumChain,
    NextPrice,
    Popular,
)


def build(kind: type[Model], parts: Mapping[str, Arrays], catalogue: Catalogue, settings: Any) -> Model:
    """One model from its stored arrays and those it borrows. Raises BadArtifact when they do not fit."""
    own = parts.get(kind.name, {})
    check_arrays(kind.name, kind.SPEC, own)
    borrowed: Mapping[str, tuple[str, str]] = getattr(kind, "BORROWED", {})
    arrays = {**own, **{alias: parts[model][array] for alias, (model, array) in borrowed.items()}}
    return kind(arrays, catalogue, settings)
