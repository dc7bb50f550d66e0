"""What every feature's `owner.py` needs: the gate, the registry, the audit log, list pages.

    @blueprint.get("/console/things")
    @staff("products.read")
    def things():
        state = IndexState.read(THINGS, request.args)
        page = load_index(state, sa.select(Thing.id, Thing.name))
        return render_template("things/index.html", page=page)

A command calls `record_audit(tx, "thing.rename", "thing", key, before, after)` in its own transaction. What
stands in the navigation, on the page Today, in the search and in the set-up guide is registered by hooks.
"""

from __future__ import annotations

from storefront.core.console.access import is_fresh, may_now, prove, staff
from storefront.core.console.audit import TimelineEntry, add_comment, comments_of, record_audit
from storefront.core.console.given import Given
from storefront.core.console.index import (
    BulkAction,
    Column,
    Filter,
    IndexSpec,
    IndexState,
    View,
    like,
)
from storefront.core.console.notes import comment_token
from storefront.core.console.registry import (
    ConsolePage,
    DayFigure,
    SearchHit,
    SearchSource,
    SetupStep,
    TodayFigure,
    Todo,
    TodoCard,
)
from storefront.core.console.rows import IndexPage, Selection, csv_answer, load_index, rows_to_export
from storefront.core.console.trail import changes_of, verb_name

__all__ = [
    "BulkAction",
    "Column",
    "ConsolePage",
    "DayFigure",
    "Filter",
    "Given",
    "IndexPage",
    "IndexSpec",
    "IndexState",
    "SearchHit",
    "SearchSource",
    "Selection",
    "SetupStep",
    "TimelineEntry",
    "TodayFigure",
    "Todo",
    "TodoCard",
    "View",
    "add_comment",
    "changes_of",
    "comment_token",
    "comments_of",
    "csv_answer",
    "is_fresh",
    "like",
    "load_index",
    "may_now",
    "prove",
    "record_audit",
    "rows_to_export",
    "staff",
    "verb_name",
]
