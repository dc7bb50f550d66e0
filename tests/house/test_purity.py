"""Time, money and writing: each has one door, and rules have none."""

from __future__ import annotations

import ast
import re

import pytest

from tests.house.source import Source, broken, dotted, sources

CLOCK = "storefront/core/clock.py"
TIMES = re.compile(
    r"(^|\.)(datetime\.(now|utcnow|today|utcfromtimestamp)|date\.today|time\.(time|localtime|gmtime|time_ns))$"
)
# Where a connection is opened or committed outside `transaction()`, and why that is right.
DOORS = {
    "storefront/core/database.py": "the doors themselves",
    "storefront/core/migrate.py": "Alembic runs on the write engine",
    "storefront/core/imports/pacing.py": "moves SQLite's log into the file, outside of any transaction",
    "storefront/core/imports/staging.py": "a file of its own that only the import sees",
    "storefront/journal/": "the journal's own store, one insert at a time",
    "storefront/treatments/service/": "rows beside the journal's, in its store",
    "storefront/customers/service/privacy.py": "erases in the journal too, which no transaction spans",
}
MONEY = re.compile(r"(^|_)(minor|price|amount|total|money|subtotal|discount|tax)(_|$)")


def other_clocks(source: Source) -> list[str]:
    """The time comes from core.clock: a test and the demo must be able to move it."""
    if source.path == CLOCK:
        return []
    found = [f"{source.path}:{call.lineno} {name}" for name, call in source.calls() if TIMES.search(name)]
    imported = (f"{source.path}:{line} {name}" for name, line in source.imports())
    return found + [line for line in imported if re.search(r" time\.(time|time_ns|localtime|gmtime)$", line)]


def sql_times(source: Source) -> list[str]:
    """The database's own time is asked for in core.database alone; its columns have no server default."""
    if source.path in {CLOCK, "storefront/core/database.py"}:
        return []
    pattern = re.compile(r"CURRENT_TIMESTAMP|func\.now\(|clock_timestamp|datetime\('now'", re.IGNORECASE)
    lines = enumerate(source.text.splitlines(), 1)
    return [f"{source.path}:{number} {line.strip()}" for number, line in lines if pattern.search(line)]


def impure_rules(source: Source) -> list[str]:
    """A rule takes values and returns values: it opens nothing, asks no clock, draws no lots, keeps nothing."""
    if source.layer != "rules":
        return []
    forbidden = re.compile(
        r"^(open|print|input)$|^(random|secrets|os|subprocess|requests|sqlite3|socket)\.|\.(now|today|utcnow)$"
        r"|^(_|gettext|ngettext)$|^uuid\.uuid"
    )
    found = [f"{source.path}:{c.lineno} calls {name}" for name, c in source.calls() if forbidden.search(name)]
    found += [f"{source.path}:{n.lineno} global" for n in ast.walk(source.tree) if isinstance(n, ast.Global)]
    return found


def other_doors(source: Source) -> list[str]:
    """Every write goes through `transaction()`: nobody else commits, begins, or makes an engine."""
    if source.path.startswith(tuple(DOORS)):
        return []
    found = []
    for name, call in source.calls():
        last = name.rsplit(".", 1)[-1]
        if last in {"commit", "create_engine", "sessionmaker", "begin", "begin_nested", "write_engine"}:
            found.append(f"{source.path}:{call.lineno} {name}()")
        if re.match(r"db\.session\.(add|add_all|delete|merge|flush|bulk_\w+)$", name):
            found.append(f"{source.path}:{call.lineno} {name}()")
        if name in {"db.session.execute", "db.session.scalars"} and call.args and _is_write(call.args[0]):
            found.append(f"{source.path}:{call.lineno} {name}({ast.unparse(call.args[0])[:40]}…)")
    return found


def _is_write(node: ast.expr) -> bool:
    return any(
        dotted(n.func).rsplit(".", 1)[-1] in {"insert", "update", "delete"}
        for n in ast.walk(node)
        if isinstance(n, ast.Call)
    )


def float_money(source: Source) -> list[str]:
    """Money is whole minor units: never a float, never divided with `/`."""
    found = []
    for node in ast.walk(source.tree):
        names: list[str] = []
        if isinstance(node, ast.BinOp):
            names = _float_operands(node)
        elif isinstance(node, ast.Call) and dotted(node.func) in {"float", "np.float64"} and node.args:
            names = _money_names(node.args[0])
        elif isinstance(node, ast.AnnAssign | ast.arg) and node.annotation is not None:
            target = node.arg if isinstance(node, ast.arg) else dotted(node.target)
            if "float" in ast.unparse(node.annotation) and MONEY.search(target.rsplit(".", 1)[-1]):
                names = [target]
        elif isinstance(node, ast.Call) and dotted(node.func) in {"sa.Float", "sa.Double"}:
            names = ["sa.Float"] if source.layer == "models" else []
        found += [f"{source.path}:{node.lineno} {name}: {ast.unparse(node)[:60]}" for name in names]
    return found


def _float_operands(node: ast.BinOp) -> list[str]:
    """Names of money that this operation would turn into a float."""
    names = _money_names(node.left) + _money_names(node.right)
    is_float = any(
        isinstance(n, ast.Constant) and isinstance(n.value, float) for n in (node.left, node.right)
    )
    return names if isinstance(node.op, ast.Div) or is_float else []


def _money_names(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Attribute):
        return [dotted(node)] if MONEY.search(node.attr) else []
    if isinstance(node, ast.Name):
        return [node.id] if MONEY.search(node.id) else []
    return []


def naive_times(source: Source) -> list[str]:
    """A time without a zone is refused by the database; none is made in the first place."""
    found = []
    for name, call in source.calls():
        keywords = {keyword.arg for keyword in call.keywords}
        if name in {"datetime", "datetime.datetime"} and len(call.args) < 8 and "tzinfo" not in keywords:
            found.append(f"{source.path}:{call.lineno} {ast.unparse(call)[:60]}")
        if name.endswith("datetime.fromtimestamp") and len(call.args) < 2 and "tz" not in keywords:
            found.append(f"{source.path}:{call.lineno} {ast.unparse(call)[:60]}")
    return found


RULES = (other_clocks, sql_times, impure_rules, other_doors, float_money, naive_times)
# Where a line is right although a rule names it: (rule, start of the finding) -> why.
EXCEPTIONS: dict[tuple[str, str], str] = {
    (
        "other_clocks",
        "storefront/core/imports/engine.py",
    ): "the age of a file, which carries the system's time",
    (
        "float_money",
        "storefront/core/imports/cli.py",
    ): "`total` is a number of rows there, and its share progress",
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_source_keeps_the_rule(rule):
    known = tuple(start for name, start in EXCEPTIONS if name == rule.__name__)
    folders = ("storefront",) if rule is float_money else ("storefront", "plugins")
    found = (finding for source in sources(*folders) for finding in rule(source))
    broken((f for f in found if not f.startswith(known)) if known else found, rule.__doc__)


@pytest.mark.parametrize(
    ("rule", "path", "text"),
    [
        (other_clocks, "storefront/a/service.py", "import datetime as d\nd.datetime.now(tz)"),
        (other_clocks, "storefront/a/service.py", "from datetime import datetime\ndatetime.utcnow()"),
        (other_clocks, "storefront/a/service.py", "import time\ntime.time()"),
        (other_clocks, "storefront/a/service.py", "from time import time"),
        (other_clocks, "storefront/a/service.py", "from datetime import date\ndate.today()"),
        (sql_times, "storefront/a/models.py", "at = column(server_default=sa.func.now())"),
        (impure_rules, "storefront/a/rules.py", "def price():\n    return open('x').read()"),
        (impure_rules, "storefront/a/rules/prices.py", "import random\nrandom.random()"),
        (impure_rules, "storefront/a/rules.py", "total = 0\ndef add(n):\n    global total"),
        (other_doors, "storefront/a/service.py", "session.commit()"),
        (other_doors, "storefront/a/service.py", "with engine.begin() as c: pass"),
        (other_doors, "storefront/a/service.py", "db.session.add(row)"),
        (other_doors, "storefront/a/service.py", "db.session.execute(sa.update(T).values(a=1))"),
        (float_money, "storefront/a/rules.py", "half = price_minor / 2"),
        (float_money, "storefront/a/rules.py", "taxed = total * 1.2"),
        (float_money, "storefront/a/rules.py", "def f(price: float): ..."),
        (float_money, "storefront/a/rules.py", "float(line.total_minor)"),
        (float_money, "storefront/a/models.py", "price = mapped_column(sa.Float())"),
        (naive_times, "storefront/a/rules.py", "start = datetime(2026, 1, 1)"),
        (naive_times, "storefront/a/rules.py", "datetime.fromtimestamp(0)"),
    ],
)
def test_the_rule_bites(rule, path, text):
    assert rule(Source(path, text))


@pytest.mark.parametrize(
    ("rule", "path", "text"),
    [
        (other_clocks, "storefront/a/service.py", "from time import monotonic\nclock.now()"),
        (impure_rules, "storefront/a/service.py", "open('x')"),
        (other_doors, "storefront/a/service.py", "db.session.execute(sa.select(T))"),
        (float_money, "storefront/a/rules.py", "half = price_minor // 2"),
        (naive_times, "storefront/a/rules.py", "datetime(2026, 1, 1, tzinfo=UTC)"),
    ],
)
def test_and_leaves_good_code_alone(rule, path, text):
    assert not rule(Source(path, text))
