"""Benches of cost in their smallest form: they run, and say what their JSON promises. No time is asserted."""

from __future__ import annotations

import json

import pytest

from storefront.core.errors import Refusal
from storefront.personalization.service import serving_costs, training_costs
from storefront.personalization.service.cost_pages import write_pages
from storefront.personalization.service.costs import Costs, condition

FIELDS = {"bench", "at", "quick", "met", "checks", "lines", "facts", "notes", "machine"}


@pytest.fixture
def told(capsys):
    """`told(costs)`: its JSON, after both ways of printing it worked."""

    def read(costs):
        assert costs.as_text()
        found = json.loads(json.dumps(costs.as_json()))
        assert set(found) == FIELDS
        assert {"versions", "cores", "load", "load_after", "python"} <= set(found["machine"])
        assert found["met"] == (not costs.missed)
        for line in found["lines"]:
            assert {"name", "data", "what", "unit", "ours", "reference", "ratio", "noise"} == set(line)
            assert all(len(line[what]) == 3 for what in ("ours", "ratio"))
        for check in found["checks"]:
            assert {"goal", "what", "rival", "interval", "wanted", "met"} <= set(check)
        return found

    return read


def test_training_is_measured_beside_raw_implicit(told):
    found = told(training_costs.bench_train(effort=training_costs.SMALLEST))
    compared = {(line["name"], line["what"]) for line in found["lines"]}
    assert {("train", "cpu_seconds"), ("train", "extra_mib"), ("models alone", "cpu_seconds")} <= compared
    assert "growth_exponent" in {line["what"] for line in found["lines"]}
    assert {check["goal"] for check in found["checks"]} == {6}
    assert "read_csv.gz" in found["facts"]


def test_lists_are_measured_beside_a_bare_product(told):
    found = told(serving_costs.bench_serve(effort=serving_costs.SMALLEST))
    asked = {"scoring alone", "for_you", "new_for_you", "goes_with", "for_session"}
    assert {line["name"] for line in found["lines"]} == asked
    assert {check["goal"] for check in found["checks"]} == {7}


def test_pages_are_written_from_what_benches_said(tmp_path):
    costs = Costs("serve", quick=True)
    line = {
        "what": "cpu_p99_ms", "unit": "ms", "ours": [3.0, 2.0, 4.0], "reference": [1.0, 1.0, 1.0],
        "ratio": [3.0, 2.0, 4.0], "noise": None,
    }  # fmt: skip
    costs.add("for_you", "10,000 products", line)
    costs.checks.append(condition(7, "serve", costs.lines[-1], "bare dot product", most=2.0))
    (tmp_path / "serve.json").write_text(json.dumps(costs.as_json()))
    (tmp_path / "train.json").write_text("")  # a bench that was refused
    assert [path.name for path in write_pages(tmp_path)] == ["results.md", "costs.svg"]
    page = (tmp_path / "results.md").read_text()
    assert (
        "| 7 | serve: for_you cpu p99 ms, 10,000 products / bare dot product | 3 (2 to 4) | <= 2 | **missed** |"
        in page
    )
    assert "`regulars bench serve --quick`" in page
    assert (tmp_path / "costs.svg").read_text().startswith("<svg")


def test_a_folder_without_any_is_refused(tmp_path):
    with pytest.raises(Refusal):
        write_pages(tmp_path)


def test_an_invented_history_is_the_same_every_time():
    from recommender.evaluation.synthetic import history

    one, other = history(2_000), history(2_000)
    assert (one.product == other.product).all() and (one.at == other.at).all()
    assert len(one) == 2_000 and one.customer.max() < len(one.customers)


def test_the_exponent_of_what_grows_with_its_input_is_one():
    from recommender.evaluation.training_cost import exponent

    assert exponent([10, 100, 1000], [1.0, 10.0, 100.0]) == pytest.approx(1.0)


def test_turns_are_compared_turn_by_turn():
    from recommender.evaluation.timing import noise, ratios

    assert ratios([2.0, 4.0], [1.0, 2.0]).value == 2.0  # a busy minute slows both
    assert noise([1.0]) is None
    assert noise([1.0, 1.0, 1.0]).value == 1.0
