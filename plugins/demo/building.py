"""Building the demo shop through the shop's own doors: import, accounts, training."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from storefront.bundled.demo import accounts, catalogue_path, write_history
from storefront.bundled.demo.shopkeeping import CODES, open_for_business
from storefront.public import (
    PURPOSES,
    SetupError,
    clock,
    count_rows,
    create_app,
    give_account,
    hash_password,
    import_file,
    is_initialised,
    load_settings,
    peak_rss_mb,
    progress_bar,
    read_state,
    record_consent,
    setting_source,
    train_shop,
    transaction,
    upgrade_all,
    write_settings,
    write_state,
)

STATE = "demo"
UNTIL = "demo-until"
Advance = Callable[[str, float], None]


def build(
    *, port: int, customers: int, seed: int, orders: Path | None, quiet: bool, catalogue: Path | None = None
) -> dict[str, Any]:
    """Build the shop, or find it built; returns what `regulars demo --json` prints.

    Raises SetupError when the instance folder holds a shop that is no demo.
    """
    folder = _prepare_instance(port)
    app = create_app()
    with app.app_context():
        upgrade_all()
        known = read_state(STATE)
        if known is None:
            with progress_bar("Building the demo shop", quiet=quiet) as advance:
                known = _fill(advance, customers, seed, orders, catalogue or catalogue_path())
            with transaction() as tx:
                write_state(tx, STATE, known)
    base = f"http://127.0.0.1:{port}"
    pages = [{"url": base + page["path"], "note": page["note"]} for page in known["pages"]]
    return {"instance": str(folder), **known, "pages": pages}


def _prepare_instance(port: int) -> Path:
    settings = load_settings()
    folder = settings.folder
    # Somebody who wrote down that this is a shop in earnest has not merely not begun it yet.
    if settings.production and (setting_source("mode", folder) != "default" or _is_begun()):
        raise SetupError(f"{folder} holds a shop that is no demo; name another folder in REGULARS_INSTANCE")
    write_settings(folder, {"mode": "demo", "base_url": f"http://127.0.0.1:{port}"})
    return folder


def _is_begun() -> bool:
    with create_app().app_context():
        return is_initialised()


def _fill(
    advance: Advance, customers: int, seed: int, orders: Path | None, catalogue: Path
) -> dict[str, Any]:
    started = perf_counter()
    counts = None
    if orders is not None:
        counts = import_file(
            "orders", orders, keep_good=True, progress=_part(advance, "orders", 0.0, 0.7)
        ).as_json()
    else:
        _import_generated(advance, customers, seed, catalogue)
    open_for_business()
    people = _accounts(seed)
    advance("training", 0.75)
    # A history that names no customer still has what many bought, and no engine is there yet to be better.
    report = train_shop(lambda step, share: advance(f"training, {step}", 0.75 + 0.24 * share), force=True)
    advance("done", 1.0)
    built = {
        **count_rows(),
        "seconds": round(perf_counter() - started, 1),
        "peak_rss_mb": peak_rss_mb(),
        "engine": report.version,
    }
    found: dict[str, Any] = {"built": built, "accounts": people, "pages": _pages(orders is None)}
    if counts is not None:
        found["import"] = counts
    return found


def _part(advance: Advance, name: str, start: float, end: float) -> Callable[[str, int, int | None], None]:
    """Progress of one import as a part of the whole."""

    def step(doing: str, done: int, total: int | None) -> None:
        share = min(done / total, 1.0) if total else 0.0
        advance(f"{name}, {doing}", start + (end - start) * share)

    return step


def _import_generated(advance: Advance, customers: int, seed: int, catalogue: Path) -> None:
    import_file("catalog", catalogue, progress=_part(advance, "catalogue", 0.0, 0.3))
    with catalogue.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        advance("history", 0.3)
        write_history(folder, rows, customers=customers, seed=seed, until=_today())
        import_file("customers", folder / "customers.csv", progress=_part(advance, "customers", 0.4, 0.45))
        import_file("orders", folder / "orders.csv.gz", progress=_part(advance, "orders", 0.45, 0.6))
        import_file("events", folder / "events.csv.gz", progress=_part(advance, "events", 0.6, 0.75))
        _keep_ground_truth(folder / "ground_truth.json")


def _today() -> datetime:
    """Where the history ends: kept from the first try, so that a build that was cut off goes on with it."""
    known = read_state(UNTIL)
    if known is None:
        known = clock.now().isoformat()
        with transaction() as tx:
            write_state(tx, UNTIL, known)
    return datetime.fromisoformat(known)


def _keep_ground_truth(path: Path) -> None:
    """The planted structure stands beside the shop, for whoever wants to check what the engine found."""
    target = load_settings().folder / "ground_truth.json"
    target.write_bytes(path.read_bytes())


def _accounts(seed: int) -> list[dict[str, str]]:
    people = [person | {"hash": hash_password(person["password"])} for person in accounts(seed)]
    with transaction() as tx:
        for person in people:
            customer_id = give_account(
                tx,
                email=person["email"],
                password_hash=person["hash"],
                name=person["name"],
                role=person["role"] if person["role"] in {"owner", "moderator"} else "customer",
                locale=person["locale"],
            )
            for purpose in PURPOSES:
                record_consent(tx, customer_id, purpose, given=True, source="demo")
    shown = ("email", "password", "role", "note")
    return [{name: str(person[name]) for name in shown} for person in people]


def _pages(generated: bool) -> list[dict[str, str]]:
    pages = [
        {"path": "/", "note": "the first page"},
        {"path": "/zh/", "note": "the same in Chinese"},
        {"path": "/cart", "note": f"codes to try: {', '.join(CODES)}"},
    ]
    return pages + _worth_a_visit(generated)


def _worth_a_visit(generated: bool) -> list[dict[str, str]]:
    from storefront.public import best_paired_products

    found = [
        {"path": path, "note": f"{title}: goes well with {other}"}
        for path, title, other in best_paired_products(3)
    ]
    if generated:
        found.append(
            {"path": "/search?q=%E5%A5%B6%E7%93%B6", "note": "search for a two-character Chinese word"}
        )
    return found
