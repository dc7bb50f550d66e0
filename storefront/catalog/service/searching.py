"""Search: every word first, any word when that finds nothing; suggestions; what was looked for in vain."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
import structlog
from flask import current_app
from sqlalchemy.dialects import postgresql, sqlite

from storefront.catalog.rules import corrections, words
from storefront.catalog.service import tables as t
from storefront.catalog.service.indexing import CATEGORY, PAGE, PRODUCT
from storefront.catalog.service.surroundings import text_parameters
from storefront.core import clock
from storefront.core.database import Tx, db
from storefront.core.i18n import current_language
from storefront.core.jobs import enqueue
from storefront.core.versions import version_of

MOST_HITS = 1_000
MISSES_A_DAY = 5_000
MISS_JOB = "catalog.miss"
LONGEST_MISS = 120
log = structlog.get_logger(__name__)


@dataclass
class Hits:
    """Ids in order of fitness, by kind. `strict`: every word of the query is in each of them."""

    products: list[int] = field(default_factory=list)
    categories: list[int] = field(default_factory=list)
    pages: list[int] = field(default_factory=list)
    strict: bool = True

    @property
    def empty(self) -> bool:
        return not (self.products or self.categories or self.pages)


def search(query: str) -> Hits:
    """What the shop has for `query`, in every language, the page's language first. One or two queries."""
    terms = words.query_terms(query)
    if not terms:
        return Hits()
    hits = _hits(_run(terms, every=True, prefix=False, limit=MOST_HITS))
    if hits.empty:
        loose = words.loose_terms(query)
        hits = _hits(_run(loose, every=False, prefix=False, limit=MOST_HITS), strict=False)
    return hits


def suggest(query: str, limit: int = 40) -> Hits:
    """The same while somebody is still typing: the last word may go on."""
    terms = words.query_terms(query)
    return _hits(_run(terms, every=True, prefix=True, limit=limit)) if terms else Hits()


# Built once. `bm25` weighs the columns kind, object_id, locale, title, body; smaller is better.
_FTS5 = sa.text(
    "SELECT kind, object_id, min(fit - CASE WHEN locale = :language THEN 0.5 ELSE 0 END) AS fit FROM ("
    "SELECT kind, object_id, locale, bm25(search_document, 0, 0, 0, 8.0, 1.0) AS fit "
    "FROM search_document WHERE search_document MATCH :terms ORDER BY fit LIMIT :most"
    ") GROUP BY kind, object_id ORDER BY fit, object_id"
)
_TSEARCH = sa.text(
    "SELECT kind, object_id, min(fit) AS fit FROM ("
    "SELECT kind, object_id, "
    "-ts_rank(words, asked) - CASE WHEN locale = :language THEN 0.05 ELSE 0 END AS fit "
    "FROM search_document, to_tsquery('english', :terms) AS asked WHERE words @@ asked "
    "ORDER BY fit LIMIT :most"
    ") AS found GROUP BY kind, object_id ORDER BY fit, object_id"
)


def _run(terms: list[str], *, every: bool, prefix: bool, limit: int) -> list[Any]:
    parameters = {"language": current_language().code, "most": 2 * limit}
    if db.session.get_bind().dialect.name == "sqlite":
        asked = words.fts5_query(terms, every=every, prefix=prefix)
        return list(db.session.execute(_FTS5, {**parameters, "terms": asked}))
    asked = words.tsquery(terms, every=every, prefix=prefix)
    return list(db.session.execute(_TSEARCH, {**parameters, "terms": asked}))


def _hits(rows: list[Any], strict: bool = True) -> Hits:
    found: dict[str, list[int]] = {PRODUCT: [], CATEGORY: [], PAGE: []}
    for row in rows:
        found.setdefault(row.kind, []).append(int(row.object_id))
    return Hits(found[PRODUCT][:MOST_HITS], found[CATEGORY][:10], found[PAGE][:10], strict)


# --- did you mean -----------------------------------------------------------------------------------------


@dataclass
class WordMemory:
    """The shop's words as this process last read them."""

    version: int = -1
    words: Counter[str] = field(default_factory=Counter)


def init_searching(app: Any) -> None:
    """Give this app an empty memory of words."""

    def forget() -> None:
        app.extensions["regulars_words"] = WordMemory()

    forget()
    app.extensions.setdefault("regulars_forget", []).append(forget)


def corrections_of(query: str) -> list[str]:
    """What may have been meant by a query that found nothing as it was written. Asked only then."""
    mended = corrections.correct(words.clean_query(query), _words())
    return [mended] if mended and words.fold(query) != mended else []


def _words() -> Counter[str]:
    memory: WordMemory = current_app.extensions["regulars_words"]
    version = version_of("catalog")
    if memory.version != version:
        shown = sa.and_(t.product.c.id == t.product_text.c.product_id, t.on_show())
        titles = sa.select(t.product_text.c.title).join(t.product, shown)
        brands = sa.select(t.product.c.brand).where(t.product.c.brand.isnot(None)).distinct()
        texts = db.session.execute(sa.union_all(titles, brands), text_parameters()).scalars()
        memory = WordMemory(version, corrections.vocabulary(texts))
        current_app.extensions["regulars_words"] = memory
    return memory.words


# --- searched for in vain ---------------------------------------------------------------------------------


def record_miss(tx: Tx, query: str, locale: str) -> None:
    """Count a query that found nothing. No person and no visitor; a day holds so many different ones."""
    asked = words.fold(words.clean_query(query))[:LONGEST_MISS]
    day = clock.now().date().isoformat()
    if not asked:
        return
    miss = t.search_miss
    key = sa.and_(miss.c.day == day, miss.c.locale == locale, miss.c.query == asked)
    known = tx.execute(sa.update(miss).where(key).values(count=miss.c.count + 1))
    if known.rowcount:
        return
    today = tx.execute(sa.select(sa.func.count()).select_from(miss).where(miss.c.day == day)).scalar_one()
    if today < MISSES_A_DAY:
        insert = (sqlite if tx.get_bind().dialect.name == "sqlite" else postgresql).insert(miss)
        tx.execute(
            insert.values(day=day, locale=locale, query=asked, count=1).on_conflict_do_update(
                index_elements=["day", "locale", "query"], set_={"count": miss.c.count + 1}
            )
        )


def report_miss(query: str, locale: str) -> None:
    """Have a search that found nothing counted in the background. Never fails: it is only a count."""
    try:
        enqueue(MISS_JOB, query=words.clean_query(query)[:LONGEST_MISS], locale=locale)
    except Exception:
        log.warning("search_miss_not_counted", exc_info=True)


def list_misses(limit: int = 100) -> list[Any]:
    """(query, locale, count) over all days, the most frequent first."""
    miss = t.search_miss
    times = sa.func.sum(miss.c.count).label("count")
    statement = sa.select(miss.c.query, miss.c.locale, times).group_by(miss.c.query, miss.c.locale)
    return list(db.session.execute(statement.order_by(times.desc(), miss.c.query).limit(limit)))
