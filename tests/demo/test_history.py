"""The generated history: the same for a seed, strong where structure was planted, true under other SKUs."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from storefront.bundled.demo import accounts, catalogue_rows, write_history

UNTIL = datetime(2026, 11, 23, 9, tzinfo=UTC)
Row = dict[str, str]


def read(path: Path) -> list[Row]:
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def at(row: Row) -> datetime:
    return datetime.strptime(row["at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


@dataclass
class Story:
    """One generated history, read back from its files."""

    folder: Path
    lines: list[Row]
    events: list[Row]
    customers: list[Row]
    truth: dict[str, Any]

    @cached_property
    def bought(self) -> list[Row]:
        return [row for row in self.lines if not row["returns_order"]]

    @cached_property
    def buyers(self) -> dict[str, set[str]]:
        """SKU -> customers, resellers left out."""
        bulk = set(self.truth["resellers"])
        found: dict[str, set[str]] = defaultdict(set)
        for row in self.bought:
            if row["customer"] and row["customer"] not in bulk:
                found[row["sku"]].add(row["customer"])
        return found

    def joint(self, pair: dict[str, Any]) -> tuple[set[str], set[str]]:
        """Buyers of the one, and of both."""
        buyers = self.buyers
        of = set().union(*(buyers[sku] for sku in pair["of_skus"]))
        adds = set().union(*(buyers[sku] for sku in pair["adds_skus"]))
        return of, of & adds


def tell(folder: Path, rows: list[Row], **options: Any) -> Story:
    truth = write_history(folder, rows, until=UNTIL, **options)
    names = ("orders.csv.gz", "events.csv.gz", "customers.csv")
    return Story(
        folder, *(read(folder / name) for name in names), json.loads(truth.read_text(encoding="utf-8"))
    )


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return tell(tmp_path_factory.mktemp("story"), catalogue_rows())


def shuffled(rows: list[Row]) -> list[Row]:
    """The same catalogue with SKUs dealt out anew and names in another language."""
    skus = sorted({row["sku"] for row in rows if row["kind"] == "variant"})
    other = skus[:]
    random.Random(5).shuffle(other)
    dealt = dict(zip(skus, other, strict=True))
    return [
        {**row, "sku": dealt.get(row["sku"], row["sku"]), "title@en": row["title@en"] and row["title@zh"]}
        for row in rows
    ]


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path):
    rows = catalogue_rows()
    for name in ("a", "b"):
        write_history(tmp_path / name, rows, customers=150, seed=3, until=UNTIL)
    write_history(tmp_path / "c", rows, customers=150, seed=4, until=UNTIL)
    for file in ("customers.csv", "orders.csv.gz", "events.csv.gz", "ground_truth.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes(), file
        assert (tmp_path / "a" / file).read_bytes() != (tmp_path / "c" / file).read_bytes(), file


def test_a_naive_end_and_a_foreign_catalogue_are_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="time zone"):
        write_history(tmp_path, catalogue_rows(), until=datetime(2026, 1, 1))  # noqa: DTZ001
    few = [row for row in catalogue_rows() if row["handle"] != "comfort-bottle"]
    with pytest.raises(ValueError, match="comfort-bottle"):
        write_history(tmp_path, few, customers=60, until=UNTIL)


def test_the_size_is_what_was_asked_for(story: Story):
    counts = story.truth["counts"]
    assert 3000 <= len(story.customers) == counts["customers"] < 3020
    assert counts["lines"] == len(story.bought)
    assert counts["returned_lines"] == len(story.lines) - len(story.bought)
    assert counts["events"] == len(story.events)
    times = [at(row) for row in story.lines]
    assert times == sorted(times)
    assert UNTIL - timedelta(days=731) <= times[0] and times[-1] < UNTIL
    assert {row["customer"] for row in story.lines} - {""} <= {row["email"] for row in story.customers}
    assert any(not row["customer"] for row in story.lines)


def test_lines_name_what_the_catalogue_sells(story: Story):
    catalogue = catalogue_rows()
    skus = {row["sku"]: row for row in catalogue if row["kind"] == "variant"}
    hidden = {row["handle"] for row in catalogue if row["status"] == "draft" or row["visible_from"]}
    for row in story.lines:
        variant = skus[row["sku"]]
        assert row["price"] in {variant["price"], variant["compare_at"]}
        assert variant["handle"] not in hidden


def test_planted_pairs_are_as_strong_as_planted(story: Story):
    assert len(story.truth["complements"]) >= 25
    for pair in story.truth["complements"]:
        of, both = story.joint(pair)
        assert len(both) >= 40, pair
        assert (len(of), len(both)) == (pair["buyers"], pair["both"]), pair
        assert pair["chance"] * 0.85 <= len(both) / len(of) <= pair["chance"] + 0.22, pair


def test_a_complement_follows_its_thing(story: Story):
    first: dict[tuple[str, str], datetime] = {}
    for row in story.bought:
        if (row["customer"], row["sku"]) not in first:
            first[row["customer"], row["sku"]] = at(row)
    for pair in story.truth["complements"]:
        gaps = []
        for customer in story.joint(pair)[1]:
            of = min(first[customer, sku] for sku in pair["of_skus"] if (customer, sku) in first)
            adds = min(first[customer, sku] for sku in pair["adds_skus"] if (customer, sku) in first)
            gaps.append((adds - of).days)
        soon = sum(0 <= gap <= pair["within_days"] + 4 for gap in gaps)
        assert soon / len(gaps) > 0.5, (pair["of"], pair["adds"], sorted(gaps))


def test_decoys_meet_by_popularity_alone(story: Story):
    people = len({row["customer"] for row in story.bought if row["customer"]})
    for pair in story.truth["decoys"]:
        of, both = story.joint(pair)
        other = set().union(*(story.buyers[sku] for sku in pair["adds_skus"]))
        lift = len(both) * people / (len(of) * len(other))
        assert len(both) >= 40 and 0.8 < lift < 1.25, (pair["of"], pair["adds"], lift)


def test_the_best_seller_is_everybodys(story: Story):
    best = set().union(*(story.buyers[sku] for sku in story.truth["best_seller"]["skus"]))
    handles = {row["sku"]: row["handle"] for row in catalogue_rows() if row["kind"] == "variant"}
    counted: dict[str, set[str]] = defaultdict(set)
    for sku, customers in story.buyers.items():
        counted[handles[sku]] |= customers
    assert max(counted.values(), key=len) == best
    by_stage = Counter(story.truth["stages"].values())
    of_best = Counter(story.truth["stages"][c] for c in best if c in story.truth["stages"])
    assert all(0.22 < of_best[stage] / by_stage[stage] < 0.48 for stage in by_stage)


def test_things_used_up_come_round_at_their_interval(story: Story):
    for handle, plan in story.truth["replenishment"].items():
        moments: dict[str, set[datetime]] = defaultdict(set)
        for row in story.bought:
            if row["sku"] in plan["skus"] and row["customer"]:
                moments[row["customer"]].add(at(row))
        gaps = []
        for times in moments.values():
            ordered = sorted(times)
            gaps += [(b - a).days for a, b in pairwise(ordered)]
        gaps.sort()
        median = gaps[len(gaps) // 2]
        assert len(gaps) > 40 and abs(median - plan["days"]) <= plan["days"] * 0.2 + 2, (handle, median)


def test_purses_differ(story: Story):
    prices: dict[str, list[float]] = defaultdict(list)
    for row in story.bought:
        tier = story.truth["tiers"].get(row["customer"])
        if tier:
            prices[tier].append(float(row["price"]))
    mean = {tier: sum(found) / len(found) for tier, found in prices.items()}
    assert mean["premium"] > 2 * mean["usual"] and mean["usual"] > mean["value"]


def test_may_gifts_come_back_each_may(story: Story):
    may = story.truth["may_gifts"]
    twice = [email for email, years in may.items() if len(set(years)) >= 2]
    assert len(twice) >= 50
    assert story.truth["accounts"]["may_gifts"] in twice
    days = defaultdict(list)
    for row in story.bought:
        if row["customer"] in twice and at(row).month in {4, 5, 6}:
            days[row["customer"]].append((at(row).year, at(row).timetuple().tm_yday))
    assert all(len({year for year, _ in found}) >= 2 for found in days.values())


def test_resellers_and_bots_are_named(story: Story):
    resellers = set(story.truth["resellers"])
    bulk = [int(row["quantity"]) for row in story.bought if row["customer"] in resellers]
    others = [int(row["quantity"]) for row in story.bought if row["customer"] not in resellers]
    assert len(resellers) == 6 and min(bulk) >= 12 > max(others)
    bots = set(story.truth["bots"])
    assert len(bots) == 5
    by_agent = {row["visitor"] for row in story.events if "Mozilla/5.0 (" not in row["user_agent"]}
    by_agent |= {row["visitor"] for row in story.events if "compatible" in row["user_agent"]}
    assert by_agent == bots


def test_returns_point_at_what_was_bought(story: Story):
    bought = {(row["order"], row["sku"]): int(row["quantity"]) for row in story.bought}
    returned = [row for row in story.lines if row["returns_order"]]
    assert 0.01 < len(returned) / len(bought) < 0.06
    for row in returned:
        assert row["order"].startswith("C") and int(row["quantity"]) < 0
        assert bought[row["returns_order"], row["sku"]] == -int(row["quantity"])


def test_behaviour_leads_to_orders(story: Story):
    kinds = Counter(row["event"] for row in story.events)
    assert set(kinds) == {"view_item", "search", "add_to_cart"}
    assert len({row["event_id"] for row in story.events}) == len(story.events)
    searches = [row for row in story.events if row["event"] == "search"]
    assert any(row["hits"] == "0" for row in searches) and any(not row["query"].isascii() for row in searches)
    viewed = {(row["session"], row["sku"]) for row in story.events if row["event"] == "view_item"}
    assert len(viewed) > 20_000
    assert max(at(row) for row in story.events) < UNTIL


def test_trends_can_be_seen(story: Story):
    middle = UNTIL - timedelta(days=365)
    for way, sign in (("rising", 1), ("falling", -1)):
        for handle, skus in story.truth["trend"][way].items():
            of = [at(row) for row in story.bought if row["sku"] in skus]
            late = sum(moment > middle for moment in of)
            assert (late - (len(of) - late)) * sign > 0, handle


def test_accounts_have_the_history_of_their_role(story: Story):
    people = accounts()
    roles = ["owner", "student", "engineer", "new_parent", "premium", "may_gifts", "lapsed", "moderator"]
    assert [person["role"] for person in people] == roles
    assert all(person["email"].endswith(".example") and len(person["password"]) >= 10 for person in people)
    assert accounts() == people != accounts(seed=8)
    bought: dict[str, list[Row]] = defaultdict(list)
    for row in story.lines:
        bought[row["customer"]].append(row)
    by_role = {person["role"]: bought[person["email"]] for person in people}
    assert not by_role["owner"]
    assert all(len(by_role[role]) >= 5 for role in roles[1:])
    assert at(by_role["lapsed"][-1]) < UNTIL - timedelta(days=280)
    assert max(float(row["price"]) for row in by_role["premium"]) > 1500
    assert {at(row).year for row in by_role["may_gifts"] if at(row).month == 5} == {2025, 2026}


def test_nothing_depends_on_skus_or_names(story: Story, tmp_path: Path):
    rows = shuffled(catalogue_rows())
    other = tell(tmp_path, rows)
    names = {row["sku"]: row["handle"] for row in rows if row["kind"] == "variant"}
    for pair in other.truth["complements"]:
        assert {names[sku] for sku in pair["of_skus"]} == {pair["of"]}
        of, both = other.joint(pair)
        assert len(both) >= 40 and (len(of), len(both)) == (pair["buyers"], pair["both"])
    assert [pair["both"] for pair in other.truth["complements"]] == [
        pair["both"] for pair in story.truth["complements"]
    ]
    assert {row["sku"] for row in story.lines} != {row["sku"] for row in other.lines}
    assert not {row["title"] for row in story.lines} & {row["title"] for row in other.lines}
