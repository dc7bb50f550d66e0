"""What a template says to a person, and how: texts outside of gettext, inline styles and scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import jinja2
from jinja2 import nodes

ENVIRONMENT = jinja2.Environment(extensions=["jinja2.ext.i18n"], autoescape=True)  # only parses
SPOKEN = {"alt", "title", "aria-label", "aria-description", "placeholder", "label", "content"}
GAP = "ZzGapzZ"  # where an expression stands; also a legal name of a tag
WORD = re.compile(r"[A-Za-z]{2,}")
# Texts that are the same in every language.
NEUTRAL = re.compile(
    r"^(Regulars|SKU|https?:\S*|x|px|v|en|zh|summary_large_image|website|product|width=.*|light dark|text/.*)$"
)
# What a macro adds inside a tag: class names and attributes without the tag around them.
FRAGMENT = re.compile(r'^-?[a-z]+(-[a-z]+)*"?>?$|[\w-]+="[^"]*"?')
INLINE = (
    ("style attribute", re.compile(r"<[a-zA-Z][^<>]*\sstyle\s*=")),
    ("style element", re.compile(r"<style\b")),
    ("handler attribute", re.compile(r"<[a-zA-Z][^<>]*\son[a-z]+\s*=\s*[\"'{]")),
    ("script address", re.compile(r"javascript:", re.IGNORECASE)),
)
SCRIPT = re.compile(r"<script\b([^>]*)>", re.IGNORECASE | re.DOTALL)


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in {"script", "style"}
        # `content` speaks in <meta name="description"> only; others are codes.
        given = dict(attrs)
        if tag == "meta" and (given.get("name") or "") not in {"description"}:
            given.pop("content", None)
        self.found += [value for name, value in given.items() if name in SPOKEN and value]
        if tag == "input" and given.get("type") in {"submit", "button"}:
            self.found.append(given.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in {"script", "style"} and self.silent > 0

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.found.append(data)


def untranslated(text: str) -> list[str]:
    """Every text node and spoken attribute goes through gettext."""
    tree = ENVIRONMENT.parse(text)
    reader = _Texts()
    reader.feed("".join(_literal(tree)))
    reader.close()
    pieces = (FRAGMENT.sub("", p.strip()) if "-" in p or "=" in p else p for p in _pieces(reader.found))
    spoken = [piece for piece in pieces if WORD.search(piece) and not NEUTRAL.match(piece)]
    return spoken + [value for value in _constants(tree) if WORD.search(value) and not NEUTRAL.match(value)]


def _pieces(found: list[str]) -> Iterator[str]:
    for text in found:
        yield from (piece.strip() for piece in re.split(GAP, text, flags=re.IGNORECASE))


def _literal(tree: nodes.Node) -> Iterator[str]:
    """The markup as it stands, with a gap for every expression."""
    for output in tree.find_all(nodes.Output):
        for node in output.nodes:
            yield node.data if isinstance(node, nodes.TemplateData) else GAP


def _constants(tree: nodes.Node) -> Iterator[str]:
    """Texts that an expression prints directly: {{ 'Sold out' if … }}, {{ x or 'Read on' }}."""
    for output in tree.find_all(nodes.Output):
        for node in output.nodes:
            for value in _printed(node):
                if " " in value.strip() or value[:1].isupper():
                    yield value


def _printed(node: nodes.Node) -> Iterator[str]:
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, nodes.CondExpr):
        for branch in (node.expr1, node.expr2):
            if branch is not None:
                yield from _printed(branch)
    elif isinstance(node, nodes.Or):
        yield from _printed(node.left)
        yield from _printed(node.right)
    elif isinstance(node, nodes.Concat):
        for part in node.nodes:
            yield from _printed(part)


def inline_parts(text: str) -> list[str]:
    """No inline style, no handler, no script without the page's nonce: the policy would block them."""
    bare = re.sub(r"\{#.*?#\}", "", text, flags=re.DOTALL)
    found = [f"{name}: {match.group(0)[:60]}" for name, rule in INLINE for match in rule.finditer(bare)]
    for match in SCRIPT.finditer(bare):
        given = match.group(1)
        if "csp_nonce()" not in given and "ld+json" not in given and "src=" not in given:
            found.append(f"script without nonce: {match.group(0)[:60]}")
    return found
