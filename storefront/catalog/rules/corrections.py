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
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, right in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (left != right))
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return row[-1]


def _allowed(word: str) -> int:
    """How many edits are forgiven in a word of this length."""
    return 0 if len(word) < 3 else 1 if len(word) < 6 else 2


def closest(word: str, words: Mapping[str, int]) -> str | None:
    """The nearest word of the shop to `word`, the more common one of equals; None when nothing is near."""
    if word in words:
        return word
    limit = 1 if not word.isascii() and len(word) >= 2 else _allowed(word)
    best: tuple[int, int, str] | None = None
    for candidate, count in words.items():
        if not limit or abs(len(candidate) - len(word)) > limit or _far(word, candidate):
            continue
        apart = distance(word, candidate, limit) if word.isascii() else _changed(word, candidate)
        rank = (apart, -count, candidate)
        if apart <= limit and (best is None or rank < best):
            best = rank
    return best[2] if best else None


def _changed(word: str, candidate: str) -> int:
    """How many characters of two Chinese pieces of one length differ."""
    return sum(left != right for left, right in zip(word, candidate, strict=True))


def _far(word: str, candidate: str) -> bool:
    """A cheap first look: scripts never mix, a Chinese piece keeps its length, a word its beginning."""
    if word.isascii() != candidate.isascii():
        return True
    if not word.isascii():
        return len(candidate) != len(word)
    return word[0] != candidate[0] and word[:2] != candidate[1::-1] and word[1:3] != candidate[1:3]


def correct(query: str, words: Mapping[str, int]) -> str | None:
    """`query` with each unknown word replaced by the closest known one; None when that changes nothing."""
    parts = [chinese or latin for chinese, latin in _RUNS.findall(fold(query))][:8]
    mended = [(closest(part[:MAX_LATIN], words) or part) for part in parts]
    if not parts or mended == parts:
        return None
    joined = mended[0]
    for before, word in pairwise(mended):
        joined += word if not before.isascii() and not word.isascii() else f" {word}"
    return joined
