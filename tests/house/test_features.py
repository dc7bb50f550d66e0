"""A feature has a closed set of file names; every hook is documented, implemented and called."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest

from storefront import hookspecs
from tests.house.source import ROOT, Source, broken, sources, tracked

FILES = {
    "__init__", "views", "owner", "forms", "service", "rules", "models", "events", "errors", "listeners",
    "jobs", "cli",
}  # fmt: skip
NOT_FEATURES = {"core", "static", "translations"}
FORBIDDEN_WORDS = re.compile(r"(^|_)(utils?|helpers?|managers?|common|misc)(_|$)")


def strange_files(names: tuple[str, ...]) -> list[str]:
    """Inside a feature only the file names of the house, or a folder of the same name."""
    found = []
    for name in names:
        parts = Path(name).parts
        if parts[0] != "storefront" or len(parts) < 3 or parts[1] in NOT_FEATURES:
            continue
        if parts[2] not in FILES and Path(parts[2]).stem not in FILES:
            found.append(name)
    return found


def vague_names(names: tuple[str, ...]) -> list[str]:
    """No utils, helpers, manager, common, misc: such a name says nothing."""
    ours = (name for name in names if name.startswith(("storefront/", "recommender/", "plugins/", "tests/")))
    return [
        name for name in ours if any(FORBIDDEN_WORDS.search(Path(part).stem) for part in Path(name).parts)
    ]


def test_features_hold_only_the_files_of_the_house():
    broken(strange_files(tracked()), strange_files.__doc__)


def test_names_say_what_is_inside():
    broken(vague_names(tracked()), vague_names.__doc__)


def test_these_rules_bite():
    assert strange_files(("storefront/catalog/search.py",))
    assert not strange_files(("storefront/catalog/service/search.py", "storefront/catalog/service.py"))
    assert vague_names(("storefront/core/date_utils.py",))


# --- hooks ------------------------------------------------------------------------------------------------

HOOKS = {
    name: spec
    for name, spec in vars(hookspecs).items()
    if inspect.isfunction(spec) and hasattr(spec, "regulars_spec")
}
# Whose reader is not a page or a command yet, and who reads it meanwhile.
READ_ELSEWHERE = {"register_personal_data": "tests/house/test_schema.py compares it with the live schema"}
GRAMMAR = ("register_", "check_", "adjust_", "fill_", "event_", "customer_")


def implementations(name: str, code: list[Source]) -> list[str]:
    """Files that implement the hook `name`."""
    return [
        source.path
        for source in code
        if source.path != "storefront/hookspecs.py"
        and any(f.name == name and "hookimpl" in map(_plain, f.decorator_list) for f in source.functions())
    ]


def _plain(node: object) -> str:
    return ast.unparse(node).split("(")[0].split(".")[-1]  # type: ignore[arg-type]


def callers(name: str, code: list[Source]) -> list[str]:
    """Files that call the hook `name`, by `collect("name")` or `hooks().name(…)`."""
    call = re.compile(rf"""collect\(\s*["']{name}["']|hooks\(\)\.{name}\(|\.hook\.{name}\(""")
    return [source.path for source in code if call.search(source.text)]


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_is_documented_implemented_and_called(name):
    code = sources()
    words = inspect.getdoc(HOOKS[name]) or ""
    assert len(words.split()) > 5, "say in the docstring what it is for and when it is called"
    assert name.startswith(GRAMMAR)
    assert implementations(name, code), "a hook ships only with something that uses it"
    assert callers(name, code) or name in READ_ELSEWHERE, "nobody calls it"


def test_hookspecs_hold_no_logic():
    source = Source("storefront/hookspecs.py", (ROOT / "storefront/hookspecs.py").read_text())
    assert all(len(f.body) == 1 for f in source.functions())
    assert len(source.text.splitlines()) <= 250
    assert len((ROOT / "storefront/app.py").read_text().splitlines()) <= 250


def test_the_hook_rules_bite():
    code = [Source("storefront/catalog/listeners.py", "def register_unheard(): ...")]
    assert not implementations("register_unheard", code)
    code = [Source("storefront/catalog/listeners.py", "@hookimpl\ndef register_unheard(): ...")]
    assert implementations("register_unheard", code)
    assert not callers("register_unheard", code)
