"""The report: one HTML file with everything inside, no script, light and dark."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from recommender.evaluation.compare import ENGINE, Row, Table
from recommender.evaluation.report.charts import methods_chart, ratios_chart
from recommender.evaluation.report.words import METHODS, METRICS, TASKS, facts_line, headline, metric_name

CSS = """
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5b6675;--line:#e3e7ec;--paper:#fff;--card:#f6f8fa;
--mark:#1f6feb}
@media(prefers-color-scheme:dark){:root{--ink:#e6eaf0;--soft:#a3adbb;--line:#2c343f;--paper:#12161c;
--card:#1a2029;--mark:#6aa7ff}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,sans-serif}
main{max-width:960px;margin:0 auto;padding:2.5rem 1.25rem 4rem}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .4rem}
h2{margin:3rem 0 .2rem;font-size:1.35rem}
p{margin:.3rem 0 .9rem;max-width:44rem}
.soft{color:var(--soft);font-size:.9rem}
.source{color:var(--soft);font-size:1.1rem;margin:0 0 1.2rem;overflow-wrap:anywhere}
.told{border-left:4px solid var(--mark);padding:.35rem .9rem;background:var(--card);
border-radius:0 8px 8px 0}
svg{display:block;width:100%;min-width:36rem;height:auto;margin:1.1rem 0}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums;min-width:100%}
th,td{padding:.45rem .7rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child{text-align:left}
thead th{color:var(--soft);font-weight:600;vertical-align:bottom}
.ours td{font-weight:600;background:var(--card)}
td small{display:block;color:var(--soft);font-weight:400}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;font-size:.9rem}
dt{font-weight:600}
dd{margin:0}
@media(max-width:34rem){dl{grid-template-columns:1fr}dd{margin-bottom:.5rem}}
@media print{h2{break-after:avoid}svg,table{break-inside:avoid}}
"""


_INTRODUCTION = (
    "What was known before the window was used to foresee what people did in it. Every figure is a mean over "
    "people with the 5 to 95 % range of a bootstrap over people; ratios are paired."
)


def as_html(title: str, source: str, tables: Iterable[Table], notes: Iterable[str] = ()) -> str:
    """The whole page; `source` says what was measured."""
    given = list(tables)
    told = "".join(f'<p class="soft">{escape(note)}</p>' for note in notes)
    body = "".join(_section(table) for table in given)
    name, about = escape(title), escape(source)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{name} {about}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{CSS}</style></head>'
        f'<body><main><h1>{name}</h1><p class="source">{about}</p><p>{_INTRODUCTION}</p>{told}{body}'
        f"{_glossary(given)}</main></body></html>\n"
    )


def _section(table: Table) -> str:
    name, question = TASKS[table.task]
    charts = methods_chart(table) + ratios_chart(table)
    return (
        f"<section><h2>{escape(name)}</h2><p>{escape(question)}</p>"
        f'<p class="told">{escape(headline(table))}</p>'
        f"{_box(f'Charts: {name}', charts)}{_box(f'Table: {name}', _table(table))}"
        f'<p class="soft">{escape(facts_line(table))}</p></section>'
    )


def _box(name: str, inside: str) -> str:
    """What may be wider than the page and is moved sideways, with the keyboard too."""
    return f'<div class="wide" tabindex="0" role="region" aria-label="{escape(name)}">{inside}</div>'


def _table(table: Table) -> str:
    metrics = [name for name in (table.rows[0].metrics if table.rows else {}) if "cut" not in name]
    more = sorted({name for row in table.rows for name in row.more})
    heads = ["Method", *map(metric_name, metrics), "coverage", "engine / this", "train s", "ms a list", *more]
    head = "".join(f'<th scope="col">{escape(name.replace("_", " "))}</th>' for name in heads)
    rows = "".join(_row(table, row, metrics, more) for row in table.rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _row(table: Table, row: Row, metrics: list[str], more: list[str]) -> str:
    cells = [f"<td>{escape(row.name)}</td>"]
    for name in metrics:
        held = row.metrics[name]
        cells.append(f"<td>{held.value:.4f}<small>{held.low:.4f}-{held.high:.4f}</small></td>")
    ratio = table.ratios.get(table.metric, {}).get(row.name)
    told = f"{ratio.value:.3f}<small>{ratio.low:.3f}-{ratio.high:.3f}</small>" if ratio else ""
    cells += [f"<td>{row.coverage:.3f}</td>", f"<td>{told}</td>", f"<td>{row.train_seconds:.1f}</td>"]
    cells.append(f"<td>{row.answer_ms:.2f}</td>")
    cells += [f"<td>{row.more[name]:.2f}</td>" if name in row.more else "<td></td>" for name in more]
    kind = ' class="ours"' if row.name.startswith(ENGINE) else ""
    return f"<tr{kind}>{''.join(cells)}</tr>"


def _glossary(tables: list[Table]) -> str:
    methods = {row.name: METHODS[row.name] for t in tables for row in t.rows if row.name in METHODS}
    return f"<h2>Metrics</h2>{_terms(METRICS)}<h2>References</h2>{_terms(methods)}"


def _terms(terms: Mapping[str, str]) -> str:
    rows = "".join(
        f"<dt>{escape(metric_name(name))}</dt><dd>{escape(told)}</dd>" for name, told in terms.items()
    )
    return f"<dl>{rows}</dl>"
