"""What a stored array may hold. A damaged or foreign array is refused before a model sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.errors import BadArtifact

TEXT = "text"  # UTF-8 bytes
INDPTR = "indptr"  # row starts: begins at 0, never falls
CODE = "code"  # -1 or a place below the bound stated by the model
NUMBER = "number"  # finite

_DTYPES = {TEXT: "u1", INDPTR: "i8", CODE: "i4"}
_NUMBER_DTYPES = ("i4", "i8", "f4", "f8")

Arrays = Mapping[str, NDArray[Any]]


def check_arrays(model: str, spec: Mapping[str, str], arrays: Arrays) -> None:
    """Raises BadArtifact when an array is missing, of a wrong type, not finite or not well formed."""
    for name, role in spec.items():
        if name not in arrays:
            raise BadArtifact(f"{model}: array '{name}' is missing")
        array = arrays[name]
        allowed = (_DTYPES[role],) if role in _DTYPES else _NUMBER_DTYPES
        if array.dtype.str.lstrip("<|=") not in allowed:
            raise BadArtifact(f"{model}: array '{name}' has type {array.dtype}, expected {'/'.join(allowed)}")
        _check_values(f"{model}: array '{name}'", role, array)


def _check_values(where: str, role: str, array: NDArray[Any]) -> None:
    if role == INDPTR and not _rising(array):
        raise BadArtifact(f"{where} is no list of row starts")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise BadArtifact(f"{where} holds NaN or infinity")
    if role == CODE and array.size and int(array.min()) < -1:
        raise BadArtifact(f"{where} holds a code below -1")


def _rising(array: NDArray[Any]) -> bool:
    return bool(array.ndim == 1 and len(array) and array[0] == 0 and (np.diff(array) >= 0).all())


def check_rows(model: str, arrays: Arrays, indptr: str, *columns: str, rows: int | None = None) -> None:
    """Raises BadArtifact unless the row starts cover exactly these columns (and there are `rows` rows)."""
    starts = arrays[indptr]
    if rows is not None and len(starts) != rows + 1:
        raise BadArtifact(f"{model}: '{indptr}' has {len(starts) - 1} rows, expected {rows}")
    for name in columns:
        if len(arrays[name]) != int(starts[-1]):
            raise BadArtifact(
                f"{model}: '{name}' has {len(arrays[name])} entries, expected {int(starts[-1])}"
            )


def check_below(model: str, arrays: Arrays, name: str, bound: int) -> None:
    """Raises BadArtifact when a code points outside its table."""
    array = arrays[name]
    if array.size and int(array.max()) >= bound:
        raise BadArtifact(f"{model}: '{name}' points at {int(array.max())} of {bound}")
