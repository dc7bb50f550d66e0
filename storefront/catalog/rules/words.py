"""Words for the search: Latin words as they are, Chinese as pairs of characters and single ones.

The same function prepares texts and queries, so an ordinary full-text index finds both.
"""

from __future__ import annotations

import re
import unicodedata

MAX_QUERY = 200
MAX_TERMS = 24
MAX_WORD = 64

_CJK = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af\U00020000-\U0003fa1f"
_RUNS = re.compile(rf"([{_CJK}]+)|([^\W_{_CJK}]+)")


def fold(text: str) -> str:
    """One form for comparing: width, case and accents of Latin letters make no difference."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    if plain.isascii():
        return plain
    apart = unicodedata.normalize("NFKD", plain)
    bare = "".join(mark for mark in apart if not unicodedata.combining(mark))
    return unicodedata.normalize("NFKC", bare)


def index_words(text: str) -> str:
    """`text` as words separated by spaces, for the index."""
    words: list[str] = []
    for chinese, latin in _RUNS.findall(fold(text)):
        if latin:
            words.append(latin[:MAX_WORD])
            continue
        words.extend(chinese[at : at + 2] for at in range(len(chinese) - 1))
        words.extend(chinese)
    return " ".join(words)


def clean_query(text: str) -> str:
    """A query as people meant it: without control characters, with single spaces, at most 200 long."""
    visible = "".join(" " if unicodedata.category(mark)[0] == "C" else mark for mark in text[: 4 * MAX_QUERY])
    return " ".join(visible.split())[:MAX_QUERY].strip()


def query_terms(text: str) -> list[str]:
    """The words that all must be found: pairs of Chinese characters (a lone one as itself), Latin words."""
    terms: list[str] = []
    for chinese, latin in _RUNS.findall(fold(clean_query(text))):
        if latin:
            terms.append(latin[:MAX_WORD])
        elif len(chinese) == 1:
            terms.append(chinese)
        else:
            terms.extend(chinese[at : at + 2] for at in range(len(chinese) - 1))
    return list(dict.fromkeys(terms))[:MAX_TERMS]


def loose_terms(text: str) -> list[str]:
    """The words of which one is enough, for when nothing holds them all: single characters join in."""
    singles = [mark for chinese, _latin in _RUNS.findall(fold(clean_query(text))) for mark in chinese]
    return list(dict.fromkeys([*query_terms(text), *singles]))[: 2 * MAX_TERMS]


def fts5_query(terms: list[str], *, every: bool, prefix: bool = False) -> str:
    """A MATCH expression in which every term is quoted, so nothing in it is an operator."""
    quoted = ['"' + term.replace('"', '""') + '"' for term in terms]
    if prefix and quoted:
        quoted[-1] += "*"
    return (" " if every else " OR ").join(quoted)


def tsquery(terms: list[str], *, every: bool, prefix: bool = False) -> str:
    """The same for PostgreSQL's to_tsquery."""
    quoted = ["'" + term.replace("\\", "\\\\").replace("'", "''") + "'" for term in terms]
    if prefix and quoted:
        quoted[-1] += ":*"
    return (" & " if every else " | ").join(quoted)
