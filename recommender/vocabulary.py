"""Outside ids as one block of text and offsets: sorted, so a code is also the alphabetical rank."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray


def id_text(name: object) -> str:
    """An id as it is stored: 5 and 5.0 mean the id '5'."""
    return str(int(name)) if isinstance(name, float) and name.is_integer() else str(name)


class Vocabulary:
    """Ids <-> codes 0..n-1 in the order of their UTF-8 bytes.

    Both arrays may be memory-mapped; nothing is copied until an id is asked for.
    """

    def __init__(self, blob: NDArray[np.uint8], offsets: NDArray[np.int64]) -> None:
        self.blob, self.offsets = blob, offsets

    @classmethod
    def of(cls, ids: Iterable[str]) -> Vocabulary:
        """A vocabulary of the distinct ids. Raises UnicodeEncodeError for a lone surrogate."""
        encoded = sorted({name.encode("utf-8") for name in ids})
        offsets = np.zeros(len(encoded) + 1, np.int64)
        np.cumsum([len(name) for name in encoded], out=offsets[1:])
        return cls(np.frombuffer(b"".join(encoded), np.uint8), offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, code: int) -> bytes:
        return self.blob[self.offsets[code] : self.offsets[code + 1]].tobytes()

    def __iter__(self) -> Iterator[str]:
        return (self.name(code) for code in range(len(self)))

    def name(self, code: int) -> str:
        """The id behind a code."""
        return self[code].decode("utf-8")

    def find(self, name: object) -> int:
        """The code of an id, or -1. Searches the mapped block, so it costs no memory."""
        try:
            wanted = id_text(name).encode("utf-8")
        except UnicodeEncodeError:
            return -1
        # Views of memory, made anew: they are no part of what is pickled, and read faster than arrays.
        text, bounds = self.blob.data, self.offsets.data
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if text[bounds[middle] : bounds[middle + 1]].tobytes() < wanted:
                low = middle + 1
            else:
                high = middle
        return low if low < len(self) and self[low] == wanted else -1


class NamedCodes(Vocabulary):
    """A vocabulary looked up often (products): ids are unpacked into a dict on first use."""

    @cached_property
    def names(self) -> list[str]:
        """Every id, by code."""
        text, bounds = self.blob.tobytes(), self.offsets.tolist()
        return [text[a:b].decode("utf-8") for a, b in pairwise(bounds)]

    @cached_property
    def codes(self) -> dict[str, int]:
        """Every code, by id."""
        return {name: code for code, name in enumerate(self.names)}

    def name(self, code: int) -> str:
        """The id behind a code."""
        return self.names[code]

    def find(self, name: object) -> int:
        """The code of an id, or -1."""
        return self.codes.get(name if isinstance(name, str) else id_text(name), -1)
