"""Documents say what is so: commands, options, settings, links and code in them exist."""

from __future__ import annotations

import ast
import importlib
import re
import shlex
from pathlib import Path

import click
import pytest

from storefront.cli import VERBS, main
from storefront.core.settings import NAMES, PREFIX
from tests.house.documents import (
    SETTINGS_PAGE,
    anchors,
    blocks,
    commands,
    documents,
    links,
    settings_page,
)
from tests.house.source import ROOT, broken

README = (ROOT / "README.md").read_text() if (ROOT / "README.md").exists() else ""
PAGES = documents()


def verb(name: str) -> click.Command | None:
    context = click.Context(main, info_name="regulars")
    return main.get_command(context, name)


def options(command: click.Command) -> set[str]:
    found = {"-h", "--help"}
    for parameter in command.params:
        found.update([*parameter.opts, *parameter.secondary_opts])
    return found


def wrong_command(line: str) -> str | None:
    """Why a command of a document cannot be given; None when it can."""
    words = shlex.split(line)
    while words and re.match(r"[A-Z_]+=", words[0]):
        words = words[1:]
    if words[:1] == ["make"]:
        targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
        missing = [w for w in words[1:] if "=" not in w and w not in targets]
        return f"no target {missing[0]}" if missing else None
    if words[:4] == ["flask", "--app", "wsgi", "regulars"]:
        words = words[3:]
    if not words or Path(words[0]).name != "regulars":
        return None
    return _wrong_verb(main, words[1:])


def _wrong_verb(group: click.Command, words: list[str]) -> str | None:
    while isinstance(group, click.Group) and words and not words[0].startswith("-"):
        found = group.get_command(click.Context(group), words[0])
        if found is None:
            # A group may take an argument of its own where no verb fits.
            return f"no command {words[0]}" if group is main else None
        group, words = found, words[1:]
    given = {word.split("=")[0] for word in words if re.match(r"--?[a-z]", word)}
    unknown = given - options(group) - ({"--version"} if group is main else set())
    return f"{group.name} has no {sorted(unknown)[0]}" if unknown else None


def test_commands_in_documents_can_be_given():
    found = []
    for page in PAGES:
        for line in commands(page.read_text()):
            why = wrong_command(line)
            if why:
                found.append(f"{page.name}: {line}: {why}")
    broken(found, "Commands in documents exist with their options")


def test_the_readme_lists_every_command_of_the_help():
    rows = dict(re.findall(r"^\| `regulars ([\w-]+)[^`]*` \| (.+) \|$", README, re.MULTILINE))
    assert set(rows) == set(main.list_commands(click.Context(main)))
    assert set(VERBS) <= set(rows)


def test_two_commands_set_everything_up():
    """`make demo` and `make test`, and no other installing in the README."""
    lines = list(commands(README))
    assert "make demo" in lines and "make test" in lines
    assert not [line for line in lines if re.search(r"\bpip\b|venv|apt|npm|setup", line)]


@pytest.mark.parametrize("name", main.list_commands(click.Context(main)))
def test_every_command_says_what_it_does(name):
    command = verb(name)
    assert command is not None and len((command.help or "").split()) > 3
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.name not in {"help", "version"}:
            assert parameter.help, f"{name} {parameter.opts}"


def test_the_page_of_settings_is_that_of_the_code():
    assert SETTINGS_PAGE.read_text() == settings_page(), "python -m tests.house.documents"


def test_settings_named_in_documents_exist():
    found = []
    for page in PAGES:
        for name in re.findall(rf"{PREFIX}([A-Z_]+)\b", page.read_text()):
            if name.lower() not in NAMES:
                found.append(f"{page.name}: {PREFIX}{name}")
    broken(found, "Settings in documents exist")


def test_links_lead_somewhere():
    found = []
    for page in PAGES:
        for link in links(page.read_text()):
            if link.startswith(("http://", "https://", "mailto:")):
                continue
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            if not target.exists() or (anchor and anchor not in anchors(target.read_text())):
                found.append(f"{page.relative_to(ROOT)}: {link}")
    broken(found, "Links in documents lead to a file, and to a heading in it")


def test_files_named_in_documents_exist():
    found = []
    for page in PAGES:
        for name in re.findall(
            r"`((?:storefront|recommender|tests|templates|docs|plugins|migrations)/[\w./-]+)`",
            page.read_text(),
        ):
            if not (ROOT / name).exists():
                found.append(f"{page.relative_to(ROOT)}: {name}")
    broken(found, "Files named in documents exist")


def test_python_in_documents_can_be_imported():
    found = []
    for page in PAGES:
        for code in blocks(page.read_text(), "python"):
            for node in ast.walk(ast.parse(code)):
                if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] in {
                    "storefront",
                    "recommender",
                }:
                    module = importlib.import_module(node.module)
                    found += [
                        f"{page.name}: {node.module}.{a.name}"
                        for a in node.names
                        if not hasattr(module, a.name)
                    ]
    broken(found, "Names imported in documents exist")


@pytest.mark.parametrize(
    "line",
    ["regulars fly", "regulars doctor --loudly", "make castle", "regulars recommend goes_with --colour red"],
)
def test_a_command_that_does_not_exist_is_caught(line):
    assert wrong_command(line)


def test_a_command_that_exists_passes():
    assert not wrong_command("regulars recommend goes_with --product SKU -n 5 --json")
    assert not wrong_command("flask --app wsgi regulars doctor")
