"""What the shop counts about itself. Counting never fails and never waits.

Under `regulars serve` the numbers of all processes meet in files (PROMETHEUS_MULTIPROC_DIR); alone they live
in a registry of this app, so that two shops in one process, or a host with metrics of its own, stay apart.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
import structlog
from flask import Flask, Response, current_app, g, request, request_finished, request_started
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from storefront.core.database import database_now, db
from storefront.core.models import MailMessage, OutboxDelivery

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
# name -> (meaning, labels); what features may count
COUNTERS = {
    "journal_dropped": ("Behaviour that could not be written down in time.", ("reason",)),
    "mails": ("Mails by what became of them.", ("outcome",)),
    "lists_without_model": (
        "Lists filled with what sells, because there is no trained model or none that can be used.",
        ("surface", "reason"),
    ),
    "models": ("Trained models that a process met, by what became of them.", ("outcome",)),
    "jobs": ("Background jobs by what became of them.", ("job", "outcome")),
    "ticks": ("Scheduled jobs by what became of them.", ("job", "outcome")),
}
log = structlog.get_logger(__name__)


class Metrics:
    """The counters of one app."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.counters = {
            name: Counter(f"regulars_{name}", meaning, labels, registry=self.registry)
            for name, (meaning, labels) in COUNTERS.items()
        }
        self.requests = Histogram(
            "regulars_request_seconds",
            "Time of requests, from routing to the last handler.",
            ("endpoint", "method", "status"),
            buckets=BUCKETS,
            registry=self.registry,
        )


def init_metrics(app: Flask) -> None:
    """Count the requests of `app` and make `count` work in it."""
    app.extensions["regulars_metrics"] = Metrics()
    request_started.connect(_note_start, app)
    request_finished.connect(_note_end, app)


def count(name: str, amount: int = 1, **labels: str) -> None:
    """Add to one of COUNTERS. A counter that cannot be written is logged and forgotten."""
    try:
        current_app.extensions["regulars_metrics"].counters[name].labels(**labels).inc(amount)
    except Exception:
        log.warning("count_failed", counter=name, exc_info=True)


def _note_start(_app: Flask, **_more: Any) -> None:
    g.regulars_started = time.perf_counter()


def _note_end(app: Flask, response: Response, **_more: Any) -> None:
    started = g.get("regulars_started")
    if started is None:
        return
    # Never the path: an endless list of wrong addresses would be an endless list of numbers.
    method = request.method if request.method in METHODS else "other"
    labels = (request.endpoint or "none", method, str(response.status_code))
    app.extensions["regulars_metrics"].requests.labels(*labels).observe(time.perf_counter() - started)


def exposition() -> bytes:
    """All numbers in Prometheus' text format: those of every process, and the backlogs as of now."""
    own = current_app.extensions["regulars_metrics"].registry
    if os.environ.get(SHARED_FOLDER):
        own = CollectorRegistry()
        MultiProcessCollector(own)
    live = CollectorRegistry()
    live.register(_Backlog())
    return generate_latest(own) + generate_latest(live)


class _Backlog:
    """What waits in the outbox and in the mail table; asked for at each scrape."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        tables: dict[str, Any] = {"outbox": OutboxDelivery, "mail": MailMessage}
        for name, table in tables.items():
            waiting = GaugeMetricFamily(f"regulars_{name}_waiting", f"Open rows, {name}.", labels=["state"])
            counted = sa.select(table.state, sa.func.count()).where(table.state.not_in(("done", "sent")))
            for state, rows in db.session.execute(counted.group_by(table.state)):
                waiting.add_metric([state], rows)
            yield waiting
            oldest = sa.select(sa.func.min(table.next_at)).where(table.state == "new")
            since = db.session.execute(oldest).scalar_one()
            age = max(0.0, (database_now() - since).total_seconds()) if since else 0.0
            yield GaugeMetricFamily(f"regulars_{name}_oldest_due_seconds", "Age of the oldest.", value=age)
