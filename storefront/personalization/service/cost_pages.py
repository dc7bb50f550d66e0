"""A page and a chart of what benches of cost said in their JSON: docs/benchmarks/results.md and costs.svg."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from storefront.core.errors import Refusal

COMMANDS = {
    "train": ("Training", "regulars bench train"),
    "serve": ("A list inside a request", "regulars bench serve"),
    "web": ("Personal beside fixed strips", "regulars bench web --self"),
    "web-peer": ("Beside another shop", "regulars bench web --peer URL --peer-listing URL"),
    "queries": ("SQL statements of a page", "regulars bench queries"),
    "ingest": ("Events", "regulars bench ingest"),
    "memory": ("Memory", "regulars bench memory"),
}
NOTES = "notes.md"  # what people know and no bench does, by hand; it is put before the tables


def write_pages(folder: Path) -> list[Path]:
    """Write results.md and costs.svg from the JSON files of the folder. Raises Refusal without any."""
    found = {name: told for name in COMMANDS if (told := _read(folder / f"{name}.json"))}
    if not found:
        raise Refusal(
            f"{folder} holds no JSON of a bench; run regulars bench train --json > {folder}/train.json"
        )
    notes = folder / NOTES
    words = notes.read_text("utf-8").strip() + "\n\n" if notes.is_file() else ""
    pages = {"results.md": _page(found, words), "costs.svg": _chart(found)}
    for name, text in pages.items():
        (folder / name).write_text(text, "utf-8")
    return [folder / name for name in pages]


def _read(path: Path) -> dict[str, Any] | None:
    try:
        return json.loads(path.read_text("utf-8"))
    except OSError:
        return None
    except ValueError:
        return None  # a bench that was refused wrote nothing


def _page(found: Mapping[str, dict[str, Any]], words: str) -> str:
    checks = [(name, check) for name, told in found.items() for check in told["checks"]]
    met = sum(check["met"] for _, check in checks)
    parts = [
        "# What it costs\n",
        f"Written by `regulars bench pages` from the JSON files of this folder. {met} of {len(checks)} "
        "conditions are met at the unfavourable end of their 5 to 95 % range; the rest are called missed. "
        "[How it is measured](protocol.md).\n",
        words + "![Ratios beside what they have to reach](costs.svg)\n",
        "## Goals\n",
        _table(
            ["Goal", "Condition", "Found", "Wanted", ""],
            [_goal(name, check) for name, check in sorted(checks, key=lambda pair: pair[1]["goal"])],
        ),
        *(_section(name, told) for name, told in found.items()),
    ]
    return "\n".join(parts)


def _goal(name: str, check: Mapping[str, Any]) -> list[str]:
    what = f"{name}: {check['what']}, {check['data']}"
    if check["rival"] != "limit":
        what += f" / {check['rival']}"
    return [str(check["goal"]), what, _span(check["interval"]), check["wanted"], _verdict(check["met"])]


def _verdict(met: bool) -> str:
    return "met" if met else "**missed**"


def _span(interval: Sequence[float] | None) -> str:
    if not interval:
        return ""
    middle, low, high = (f"{number:.3g}" if abs(number) < 1000 else f"{number:,.0f}" for number in interval)
    return middle if low == high else f"{middle} ({low} to {high})"


def _section(name: str, told: Mapping[str, Any]) -> str:
    title, command = COMMANDS[name]
    machine = told["machine"]
    quick = " --quick" if told["quick"] else ""
    head = [
        f"\n## {title}\n",
        f"`{command}{quick}`, {told.get('at', 'no date')}, {machine['cores']} cores, load "
        f"{machine['load']} before and {machine['load_after']} after, Python {machine['python']}.\n",
    ]
    rows = [
        [
            f"{line['name']}, {line['data']}: {line['what'].replace('_', ' ')} {line['unit']}".strip(),
            _span(line["ours"]), _span(line["reference"]), _span(line["ratio"]), _span(line["noise"]),
        ]
        for line in told["lines"]
    ]  # fmt: skip
    table = [_table(["", "Ours", "Reference", "Ratio", "A/A"], rows)] if rows else []
    facts = [f"- {key.replace('_', ' ')}: {_told(value)}" for key, value in told["facts"].items()]
    return "\n".join([*head, *table, *facts, *(f"- {note}" for note in told["notes"])]) + "\n"


def _told(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_told(inner)}" for key, inner in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _chart(found: Mapping[str, dict[str, Any]]) -> str:
    """Every condition that is a ratio of two times, as far as it fits one scale."""
    from recommender.evaluation.bootstrap import Interval
    from recommender.evaluation.report import svg

    marks = []
    for told in found.values():
        for check in told["checks"]:
            limit = float(check["wanted"].split()[1])
            if check["rival"] == "limit" or limit <= 0:
                continue
            shares = [number / limit for number in check["interval"]]
            label = f"{check['goal']} {check['what']}, {check['data']}"
            sign = "at least" if check["wanted"].startswith(">") else "at most"
            marks.append(svg.Mark(f"{label} ({sign})", Interval(*shares), goal=1.0, behind=not check["met"]))
    return svg.ratios("Found, divided by what was wanted", marks, "1 = exactly what was wanted, line: 5-95 %")
