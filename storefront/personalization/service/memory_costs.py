"""`regulars bench memory`: goal 12, what web workers hold, shared pages counted once (PSS)."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from storefront.core.errors import Refusal
from storefront.personalization.service.costs import Advance, Costs, exact
from storefront.personalization.service.loading import Ask, load
from storefront.personalization.service.trial_shops import Served, Visitor, built_shop, links, served

ONE_WORKER, FURTHER_WORKER = 190.0, 60.0
HEAVY = ("phonenumbers", "webauthn", "PIL", "implicit", "pandas", "pyarrow", "openpyxl")


@dataclass(frozen=True)
class Effort:
    """How large the model is, and how long the workers are kept busy."""

    products: int = 10_000
    customers: int = 100_000
    workers: int = 3
    seconds: float = 4.0


QUICK = Effort(seconds=2.0)
SMALLEST = Effort(200, 100, 2, 0.3)


def bench_memory(
    *,
    quick: bool = False,
    instance: Path | None = None,
    effort: Effort | None = None,
    advance: Advance | None = None,
) -> Costs:
    """Serve a demo shop with a model of that size and read /proc/*/smaps_rollup of its workers.

    Raises Refusal where there is no such file.
    """
    if not Path("/proc/self/smaps_rollup").exists():
        raise Refusal("this system does not say what a process shares: /proc/self/smaps_rollup is missing")
    chosen, say = effort or (QUICK if quick else Effort()), advance or (lambda step, share: None)
    costs = Costs("memory", quick=quick)
    with tempfile.TemporaryDirectory(prefix="regulars-bench-") as folder:
        say("building a shop", 0.0)
        place = Path(folder)
        account = built_shop(place, instance)["new_parent"]
        say("a model of that size", 0.4)
        size = _publish(place / "models", chosen)
        found = {}
        for count in (1, chosen.workers):
            say(f"{count} workers", 0.7 + 0.1 * count / chosen.workers)
            with served(place, workers=count) as server:
                found[count] = _busy(server, account, chosen)
    first, several = (found[count] for count in (1, chosen.workers))
    further = (several["workers_mib"] - first["workers_mib"]) / (chosen.workers - 1)
    model = f"{chosen.products:,} products, {chosen.customers:,} customers"
    costs.facts = {
        "model": model, "model_files_mib": round(size, 1), "by_workers": found,
        "bare_python_mib": round(_bare(), 1), "heavy_imports": ", ".join(_loaded_at_start()) or "none",
    }  # fmt: skip
    costs.checks = [
        exact(12, "memory", model, "MiB of a worker", first["workers_mib"], most=ONE_WORKER),
        exact(12, "memory", model, "MiB of a further worker", further, most=FURTHER_WORKER),
        exact(12, "memory", "start", "heavy libraries loaded", len(_loaded_at_start()), most=0),
    ]
    say("done", 1.0)
    return costs


def _publish(models: Path, effort: Effort) -> float:
    """Publish an engine of that size; its files in MiB."""
    from recommender import train
    from recommender.evaluation.synthetic import history
    from recommender.publishing import publish

    data = history(effort.customers * 12, customers=effort.customers, products=effort.products, letters=False)
    engine = train(data, {"iterations": 1, "holdout_customers": 0})
    published = publish(engine, models, "99991231T000000000000Z", created="9999-12-31T00:00:00+00:00")
    return sum(file.stat().st_size for file in published.rglob("*") if file.is_file()) / 2**20


def _busy(server: Served, account: dict[str, str], effort: Effort) -> dict[str, float]:
    """Mean PSS of a worker and the sum of all after pages of every kind were asked for."""
    shopper = Visitor(server.url)
    shopper.sign_in(account)
    home = shopper.get("/")
    paths = ["/", "/cart", "/search?q=a", *links(home, "/c/")[:2], *links(home, "/p/")[:4]]
    for path in paths:
        load(Ask(server.url + path, shopper.cookies), connections=4, seconds=effort.seconds / len(paths))
    workers = [_pss(pid) for pid in server.workers()]
    return {
        "workers_mib": round(sum(workers), 1),
        "largest_mib": round(max(workers), 1),
        "parent_mib": round(_pss(server.process.pid), 1),
    }


def _pss(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:"))


def _bare() -> float:
    """The PSS of a Python with Flask and numpy and nothing else."""
    script = "import flask, numpy; print(open('/proc/self/smaps_rollup').read())"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    return next(int(line.split()[1]) / 1024 for line in told.splitlines() if line.startswith("Pss:"))


def _loaded_at_start() -> list[str]:
    """Heavy libraries that building the app loads."""
    script = (
        f"import sys, json, storefront.app; print(json.dumps([n for n in {HEAVY!r} if n in sys.modules]))"
    )
    command = [sys.executable, "-P", "-c", script]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
