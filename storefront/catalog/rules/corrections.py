"""Did you mean: words of the shop that lie close to a word that nobody here uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise

from storefront.catalog.rules.words import _RUNS, fold

MAX_LATIN = 40
LONGEST_PIECE = 4


def vocabulary(texts: Iterable[str]) -> Counter[str]:
    """Words of titles and brands with how often they occur; of Chinese, every piece of 2 to 4 characters."""
    found: Counter[str] = Counter()
    for text in texts:
        for chinese, latin in _RUNS.findall(fold(text)):
            if latin:
                found[latin[:MAX_LATIN]] += 1
                continue
            for length in range(2, LONGEST_PIECE + 1):
                found.update(chinese[at : at + length] for at in range(len(chinese) - length + 1))
    return found


def distance(one: str, other: str, limit: int) -> int:
    """Edits (insert, delete, change, swap of neighbours) between two words, or limit + 1 when more."""
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    earlier: list[int] = []
    row = list(range(len(other) + 1))
    for i in range(1, len(one) + 1):
        earlier, row = row, _next_row(one, other, i, row, earlier)
        if min(row) > limit:
            return limit + 1
    return row[-1]


def _next_row(one: str, other: str, i: int, before: list[int], earlier: list[int]) -> list[int]:
    """One more row of the table of edits: `before` is the row above, `earlier` the one above that."""
    left = one[i - 1]
    row = [i]
    for j, right in enumerate(other, 1):
        cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (left != right))
        if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
            cost = min(cost, earlier[j - 2] + 1)
        row.append(cost)
    return row


def _allowed(word: str) -> int:
    """How many edits are forgiven in a word of this length."""
    if not word.isascii():
        return 1 if len(word) >= 2 else 0
    return 0 if len(word) < 3 else 1 if len(word) < 6 else 2


def closest(word: str, words: Mapping[str, int]) -> str | None:
    """The nearest word of the shop to `word`, the more common one of equals; None when nothing is near."""
    limit = _allowed(word)
    if word in words or not limit:
        return word if word in words else None
    near = (candidate for candidate in words if not _far(word, candidate, limit))
    ranked = ((_apart(word, candidate, limit), -words[candidate], candidate) for candidate in near)
    best = min((rank for rank in ranked if rank[0] <= limit), default=None)
    return best[2] if best else None


def _apart(word: str, candidate: str, limit: int) -> int:
    """Edits between two words, or how many characters of two Chinese pieces of one length differ."""
    if word.isascii():
        return distance(word, candidate, limit)
    return sum(left != right for left, right in zip(word, candidate, strict=True))


def _far(word: str, candidate: str, limit: int) -> bool:
    """A cheap first look: scripts never mix, a Chinese piece keeps its length, a word its beginning."""
    if word.isascii() != candidate.isascii() or abs(len(candidate) - len(word)) > limit:
        return True
    if not word.isascii():
        return len(candidate) != len(word)
    return word[0] != candidate[0] and word[:2] != candidate[1::-1] and word[1:3] != candidate[1:3]


def correct(query: str, words: Mapping[str, int]) -> str | None:
    """`query` with each unknown word replaced by the closest known one; None when that changes nothing."""
    parts = [chinese or latin for chinese, latin in _RUNS.findall(fold(query))][:8]
    mended = [(closest(part[:MAX_LATIN], words) or part) for part in parts]
    return _joined(mended) if mended != parts else None


def _joined(words: list[str]) -> str:
    """Words of a query behind each other; between Chinese ones stands no space."""
    text = words[0]
    for before, word in pairwise(words):
        text += word if not before.isascii() and not word.isascii() else f" {word}"
    return text
