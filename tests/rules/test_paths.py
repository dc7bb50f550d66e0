"""What many people do, out of what each did; and nothing of fewer than five."""

from __future__ import annotations

from storefront.journal.rules.drawing import draw_bars
from storefront.journal.rules.paths import SMALLEST_GROUP, Did, summarise


def visit(person: str, *pages: str, session: str = "s") -> list[Did]:
    return [Did(person, session, "page_view", page) for page in pages]


def people(count: int, *pages: str) -> list[Did]:
    return [row for number in range(count) for row in visit(f"p{number:03}", *pages)]


def test_ways_ends_and_beginnings_are_counted() -> None:
    found = summarise([*people(6, "home", "product", "product", "cart"), *visit("z", "search", "help")])
    assert (found["people"], found["visits"]) == (7, 7)
    assert found["pages"] == [
        ["product", 12, 6, None, None, None],
        ["cart", 6, 6, None, 6, None],
        ["home", 6, 6, 6, None, None],
    ]
    assert [step[:3] for step in found["steps"]] == [
        ["home", "product", 6],
        ["product", "cart", 6],
        ["product", "product", 6],
    ]
    assert found["paths"] == [[["home", "product", "cart"], 6, 6]]


def test_what_four_people_did_is_not_said_however_often_they_did_it() -> None:
    rows = [row for _visit in range(30) for row in people(SMALLEST_GROUP - 1, "home", "help")]
    rows.sort()
    found = summarise(rows)
    assert found["people"] is None and found["visits"] is None
    assert not any(
        found[name] for name in ("pages", "steps", "paths", "found", "missed", "products", "strips")
    )


def test_one_person_is_one_person_in_all_their_visits() -> None:
    rows = [row for number in range(9) for row in visit("same", "home", "cart", session=str(number))]
    assert summarise(rows)["pages"] == []


def test_searches_with_and_without_hits() -> None:
    def asks(person: str, query: str, hits: int) -> Did:
        return Did(person, "s", "search", "search", query=query, hits=hits)

    rows = [asks(f"p{n}", "Kettle" if n % 2 else "kettle", 3) for n in range(6)]
    rows += [asks(f"q{n}", "zebra", 0) for n in range(5)] + [asks("r", "my own name", 0)]
    found = summarise(rows)
    assert found["found"] == [["kettle", 6, 6]] and found["missed"] == [["zebra", 5, 5]]
    assert found["searches"] == {"found": 6, "missed": 6}


def test_stays_are_said_by_what_half_of_them_reach() -> None:
    rows = []
    for number, seconds in enumerate((1, 2, 30, 400, 1800)):
        rows += visit(f"p{number}", "product")
        rows.append(Did(f"p{number}", "s", "dwell", "product", 7, seconds * 1000))
        rows.append(Did(f"p{number}", "s", "view_item", None, 7))
    (page,) = summarise(rows)["pages"]
    assert page[-1] == 30


def test_products_with_their_stay() -> None:
    rows = []
    for number in range(5):
        rows.append(Did(f"p{number}", "s", "view_item", "product", 7))
        rows.append(Did(f"p{number}", "s", "dwell", "product", 7, 10_000))
    assert summarise(rows)["products"] == [[7, 5, 5, 10]]


def test_strips_by_position() -> None:
    rows = []
    for number in range(5):
        person = f"p{number}"
        rows.append(Did(person, "s", "view_item_list", hits=3 if number else 2, list_name="a", surface="x"))
        rows.append(Did(person, "s", "select_item", "product", 7, list_name="a", position=2))
        rows.append(Did(person, "s", "view_item_list", "category", hits=9, list_name="category:tea"))
    (strip,) = summarise(rows)["strips"]
    assert strip == ["a", "x", 5, 5, 5, [[5, 0], [5, 5], [4, 0]]]


def test_nothing_is_nothing() -> None:
    assert summarise([])["pages"] == []
    assert draw_bars([], wide=True).bars == ()


def test_bars_stand_on_zero_and_one_on_the_other() -> None:
    chart = draw_bars([(0, 0), (30, 10), (10, 0)], wide=True)
    empty, full, low = chart.bars
    assert empty.noted_height == empty.others_height == 0
    assert full.noted_y + full.noted_height == low.noted_y + low.noted_height == 176.0
    assert full.others_y + full.others_height == full.noted_y
    assert abs(full.noted_height - 3 * low.noted_height) < 0.5
    assert chart.ticks[-1][1] >= 40
