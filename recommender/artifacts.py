"""A trained engine on disk: plain .npy arrays and a manifest with checksums. Never a pickle."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.engine import Engine, Report
from recommender.errors import BadArtifact, RecommenderError
from recommender.settings import EngineSettings

FORMAT = 7
KIND = "regulars-recommender"
MANIFEST = "manifest.json"
_FILE_NAME = re.compile(r"[a-z_]+\.[a-z_]+\.npy")
_LARGEST_MANIFEST = 4_000_000
_READ_AT_ONCE = 1 << 20


def write(
    engine: Engine,
    directory: str | PathLike[str],
    *,
    version: str | None = None,
    created: str | None = None,
    sequence: int = 0,
) -> None:
    """Write an artifact and force it to the disk. The manifest comes last: without it nothing counts."""
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    files = {}
    for model, arrays in sorted(engine.parts.items()):
        for name, array in sorted(arrays.items()):
            file = f"{model}.{name}.npy"
            files[file] = _write_array(folder / file, np.ascontiguousarray(array))
    content = {
        "kind": KIND,
        "format": FORMAT,
        "version": version,
        "created": created,
        "sequence": sequence,
        "settings": engine.settings.as_dict(),
        "report": asdict(engine.report),
        "files": files,
    }
    content["checksum"] = _checksum(content)
    write_text(folder / MANIFEST, json.dumps(content, indent=1, sort_keys=True) + "\n")
    sync_directory(folder)


def load(directory: str | PathLike[str], *, verify: bool = True) -> Engine:
    """Memory-map an artifact. Raises BadArtifact, saying why, unless every byte is as it was written.

    `verify=False` skips the checksums (sizes, types and values are always checked).
    """
    folder = Path(directory)
    content = read_manifest(folder)
    parts: dict[str, dict[str, NDArray[Any]]] = {"next_price": {}}
    try:
        settings = EngineSettings.of(content["settings"])
        report = Report(**content["report"])
        for file, stated in content["files"].items():
            model, name, _ = file.split(".")
            parts.setdefault(model, {})[name] = _read_array(folder, file, stated, verify)
        return Engine(parts, settings, report)
    except BadArtifact as error:
        raise BadArtifact(f"{folder}: {error}") from None
    except (RecommenderError, KeyError, TypeError, ValueError, AttributeError, IndexError, OSError) as error:
        raise BadArtifact(
            f"{folder}: not a model of this version ({type(error).__name__}: {error})"
        ) from None


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of an artifact. Raises BadArtifact when it is missing, damaged or of another format."""
    path = folder / MANIFEST
    try:
        if path.stat().st_size > _LARGEST_MANIFEST:
            raise BadArtifact(f"{path} is too large to be a manifest")
        content = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise BadArtifact(f"{path} cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError):
        raise BadArtifact(f"{path} is damaged: no JSON") from None
    if not isinstance(content, dict) or content.get("kind") != KIND:
        raise BadArtifact(f"{path} is no manifest of a recommender model")
    if content.get("format") != FORMAT:
        raise BadArtifact(
            f"{path} has format {content.get('format')!r}, this version reads {FORMAT}: train again"
        )
    if content.get("checksum") != _checksum(content):
        raise BadArtifact(f"{path} is damaged: its checksum does not fit")
    return content


def write_text(path: Path, text: str) -> None:
    """Write a small file and force it to the disk."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def sync_directory(folder: Path) -> None:
    """Force new names in a directory to the disk, where the system can."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_array(path: Path, array: NDArray[Any]) -> dict[str, Any]:
    with path.open("wb") as file:
        np.lib.format.write_array(file, array, allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())
    return {
        "sha256": _sha256(path),
        "size": path.stat().st_size,
        "dtype": array.dtype.str,
        "shape": list(array.shape),
    }


def _read_array(folder: Path, file: str, stated: Mapping[str, Any], verify: bool) -> NDArray[Any]:
    if not _FILE_NAME.fullmatch(file):
        raise BadArtifact(f"'{file}' is no name of an array file")
    path = folder / file
    if not path.is_file():
        raise BadArtifact(f"{file} is missing")
    if path.stat().st_size != stated["size"]:
        raise BadArtifact(f"{file} has {path.stat().st_size} bytes, expected {stated['size']}")
    if verify and _sha256(path) != stated["sha256"]:
        raise BadArtifact(f"{file} is damaged: its checksum does not fit")
    empty = 0 in stated["shape"]  # an empty array cannot be mapped
    array = np.load(path, mmap_mode=None if empty else "r", allow_pickle=False)
    if array.dtype.str != stated["dtype"] or list(array.shape) != stated["shape"]:
        raise BadArtifact(f"{file} holds {array.dtype.str} {array.shape}, expected {stated['dtype']}")
    return array.view(np.ndarray)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_READ_AT_ONCE):
            digest.update(block)
    return digest.hexdigest()


def _checksum(content: Mapping[str, Any]) -> str:
    rest = {key: value for key, value in content.items() if key != "checksum"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()
