"""The catalogue of texts: `python -m tests.house.translations` extracts, updates and compiles it.

The files are made the same way each time (no dates, no line numbers), so a test can compare them whole.
"""

from __future__ import annotations

import io
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from tests.house.source import ROOT, tracked

FOLDER = ROOT / "storefront" / "translations"
POT = FOLDER / "messages.pot"
LANGUAGES = {"zh": "zh_Hans_CN"}  # the folder's name, and the locale that its plural forms are of
KEYWORDS = {**DEFAULT_KEYWORDS, "lazy_gettext": None, "lazy_ngettext": (1, 2), "_l": None}
SOURCES = (("storefront/", ".py", "python"), ("templates/", (".html", ".txt", ".xml"), "jinja2"))
BORN = datetime(2026, 11, 23, tzinfo=UTC)
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%[sd]|\{\w+\}")


def extracted(root: Path = ROOT, names: tuple[str, ...] | None = None) -> Catalog:
    """Every text that code and templates give to gettext."""
    catalog = Catalog(project="Regulars", version="", creation_date=BORN, charset="utf-8")
    catalog.header_comment = "# Texts of Regulars, in the order of the files that say them."
    for name in sorted(tracked() if names is None else names):
        for start, suffix, method in SOURCES:
            if not (name.startswith(start) and name.endswith(suffix)):
                continue
            with (root / name).open("rb") as file:
                for _line, message, comments, context in extract(
                    method, file, KEYWORDS, ["Translators:"], {"encoding": "utf-8"}
                ):
                    catalog.add(message, None, [(name, 0)], auto_comments=comments, context=context)
    return catalog


def po_path(language: str) -> Path:
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


def read(path: Path, language: str | None = None) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=LANGUAGES[language] if language else None)


def as_po(catalog: Catalog) -> bytes:
    """The catalogue as text, the same for the same content."""
    target = io.BytesIO()
    write_po(target, catalog, width=100, include_lineno=False, ignore_obsolete=True)
    return target.getvalue()


def as_mo(catalog: Catalog) -> bytes:
    target = io.BytesIO()
    write_mo(target, catalog)
    return target.getvalue()


def updated(language: str, template: Catalog) -> Catalog:
    """The language's catalogue with exactly the messages of `template`; nothing is guessed."""
    path = po_path(language)
    catalog = read(path, language) if path.exists() else Catalog(locale=LANGUAGES[language])
    catalog.project, catalog.version, catalog.creation_date = "Regulars", "", BORN
    catalog.header_comment = "# Texts of Regulars in Simplified Chinese."
    catalog.revision_date, catalog.last_translator, catalog.language_team = BORN, "Regulars", "zh"
    catalog.fuzzy = False
    catalog.update(template, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    return catalog


def wrongly_translated(message: Message) -> str | None:
    """Why a translation cannot be shown: missing, fuzzy, other placeholders, or not how the shop speaks."""
    given = message.string if isinstance(message.string, tuple | list) else (message.string,)
    wanted = message.id if isinstance(message.id, tuple | list) else (message.id,)
    if message.fuzzy or not given or not all(given):
        return "no translation"
    names = {match.group(0) for text in wanted for match in PLACEHOLDER.finditer(text)}
    for text in given:
        found = {match.group(0) for match in PLACEHOLDER.finditer(text)}
        if not found <= names or (len(given) == len(wanted) == 1 and found != names):
            return f"placeholders {sorted(found ^ names)}"
        if re.search(r"你|亲爱的|～|！", text):
            return "say 您, and no exclamation mark"
    return None


def main() -> int:
    """Rewrite the template and every language; list what is not translated yet."""
    template = extracted()
    FOLDER.mkdir(exist_ok=True)
    POT.write_bytes(as_po(template))
    missing = 0
    for language in LANGUAGES:
        catalog = updated(language, template)
        path = po_path(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(as_po(catalog))
        path.with_suffix(".mo").write_bytes(as_mo(read(path, language)))
        for message in catalog:
            why = wrongly_translated(message) if message.id else None
            if why:
                missing += 1
                print(f"{language}: {message.id!r}: {why}")
    print(f"{len(template)} texts, {missing} to be translated")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
