"""Documents: what is generated from the code, and what their code blocks and links name.

`python -m tests.house.documents` writes docs/settings.md again.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

from storefront.core.settings import PREFIX, Settings
from tests.house.source import ROOT, tracked

SETTINGS_PAGE = ROOT / "docs" / "settings.md"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
INTRODUCTION = """# Settings

This page is made from `storefront/core/settings.py`; a test fails when the two differ.

A setting is read from three places: the defaults below, then `regulars.toml` in the instance folder (`page_size = 36`),
then the environment (`REGULARS_PAGE_SIZE=36`). The later one wins. A host that mounts the shop passes them as `config`,
which wins over all. A setting that does not exist, or a value that makes no sense, stops the shop at start with the
name of the setting and what to do about it; `regulars check-config` shows every value and where it comes from.

| environment | type | default | meaning |
|---|---|---|---|
"""


def settings_page() -> str:
    """docs/settings.md as the code says it."""
    rows = []
    for item in dataclasses.fields(Settings):
        kind = item.type if isinstance(item.type, str) else item.type.__name__
        default = f"`{item.default}`" if item.default != "" else "empty"
        secret = " Secret: never shown or logged." if item.metadata.get("secret") else ""
        words = {"str": "text", "int": "whole number", "bool": "yes or no"}
        meaning = item.metadata["meaning"].replace("|", "\\|")
        rows.append(f"| `{PREFIX}{item.name.upper()}` | {words[kind]} | {default} | {meaning}{secret} |\n")
    return INTRODUCTION + "".join(rows)


def documents() -> list[Path]:
    """Every page for readers: the README files, docs/, the changelog."""
    pages = [ROOT / name for name in tracked() if name.endswith(".md")]
    return [page for page in pages if page.is_file()]


def blocks(text: str, *languages: str) -> Iterator[str]:
    """The code blocks in one of `languages`."""
    return (code for language, code in BLOCK.findall(text) if language in languages)


def commands(text: str) -> Iterator[str]:
    """Each command line of the shell blocks, continued lines joined, prompts and remarks left out."""
    for code in blocks(text, "sh", "bash", "console"):
        for line in code.replace("\\\n", " ").splitlines():
            line = re.sub(r"\s+#\s.*$", "", line.strip().removeprefix("$ "))
            if line and not line.startswith("#"):
                yield line


def links(text: str) -> Iterator[str]:
    """Where the page leads, outside of code."""
    return (match.group(1) for match in LINK.finditer(BLOCK.sub("", text)))


def anchors(text: str) -> set[str]:
    """The anchors that headings make."""
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


if __name__ == "__main__":
    SETTINGS_PAGE.parent.mkdir(exist_ok=True)
    SETTINGS_PAGE.write_text(settings_page(), encoding="utf-8")
    print(f"{SETTINGS_PAGE.relative_to(ROOT)} written")
