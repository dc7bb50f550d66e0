"""Which trained engine the shop uses: numbered versions beside each other and one pointer file."""

from __future__ import annotations

import json
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from recommender.artifacts import load, read_manifest, sync_directory, write, write_text
from recommender.engine import Engine
from recommender.errors import BadArtifact, NoArtifact

POINTER = "current"
KEEP = 5
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_UNFINISHED = ".new-"
LEAST_SHARE = 0.5  # a model of less than half the size of the last one needs a person to look
_SIZES = ("rows", "customers", "products")
_PAIRS = ("complements", "neighbours")
LEAST_QUALITY = 0.7  # so does one of less than 70 % of its NDCG


@dataclass(frozen=True)
class Current:
    """The engine in use. `skipped` says which newer or chosen models were refused, and why."""

    engine: Engine
    version: str
    skipped: tuple[str, ...] = ()


def publish(
    engine: Engine, root: str | PathLike[str], version: str, *, created: str | None = None, keep: int = KEEP
) -> Path:
    """Store a version and point at it, atomically; whoever reads sees the old engine or the new one.

    The stored files are read back before the pointer moves. Older versions beyond `keep` are removed.
    Raises BadArtifact when the version exists or its name is no plain name.
    """
    folder = Path(root)
    if not _VERSION.fullmatch(version) or version == POINTER:
        raise BadArtifact(f"'{version}' cannot name a version: letters, digits, '.', '_' and '-' only")
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f"{_UNFINISHED}{version}-{uuid.uuid4().hex}"
    with _lock(folder):
        _sweep(folder)
        target = folder / version
        if target.exists():
            raise BadArtifact(f"version {version} exists already in {folder}")
        known = list_versions(folder)
        sequence = 1 + max((number for number, _ in known), default=0)
        try:
            write(engine, unfinished, version=version, created=created, sequence=sequence)
            load(unfinished)
            os.rename(unfinished, target)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
        sync_directory(folder)
        _point_at(folder, version)
        _retire(folder, keep)
    return target


def load_current(root: str | PathLike[str], fits: Callable[[Engine], None] = lambda engine: None) -> Current:
    """The engine that the pointer names; when it is damaged, the newest older one that is whole.

    `fits` raises BadArtifact for an engine that is whole and yet not to be used. Raises NoArtifact when
    nothing was ever published, BadArtifact when no version can be used.
    """
    folder = Path(root)
    candidates = _candidates(folder)
    if not candidates:
        raise NoArtifact(f"no model was published in {folder} yet")
    skipped: list[str] = []
    for version in candidates:
        try:
            engine = load(folder / version)
            fits(engine)
            return Current(engine, version, tuple(skipped))
        except BadArtifact as error:
            told = str(error)
            skipped.append(told if version in told else f"{version}: {told}")
    raise BadArtifact("no usable model: " + "; ".join(skipped))


def current_version(root: str | PathLike[str]) -> str | None:
    """The version that the pointer names: one small read, for asking often. None without a pointer."""
    try:
        version = json.loads((Path(root) / POINTER).read_text("utf-8"))["version"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return version if isinstance(version, str) and _VERSION.fullmatch(version) else None


def roll_back(root: str | PathLike[str], version: str) -> None:
    """Point at a stored version again. Raises BadArtifact when it is not whole."""
    folder = Path(root)
    if not _VERSION.fullmatch(version):
        raise BadArtifact(f"'{version}' is no version")
    load(folder / version)
    with _lock(folder):
        _point_at(folder, version)


def list_versions(root: str | PathLike[str]) -> list[tuple[int, str]]:
    """(number, version) of every stored model with a readable manifest, newest first."""
    found = []
    for path in Path(root).iterdir():
        if path.is_dir() and _VERSION.fullmatch(path.name):
            try:
                found.append((int(read_manifest(path)["sequence"]), path.name))
            except (BadArtifact, KeyError, TypeError, ValueError):
                continue
    return sorted(found, reverse=True)


def check(new: Engine, old: Engine | None) -> list[str]:
    """Why a new engine should not replace the old one without a person looking; empty when it may."""
    if not new.report.products or not new.catalogue.everyone:
        return ["the new model knows no purchase of a known customer"]
    if old is None:
        return []
    sizes = [(what, getattr(new.report, what), getattr(old.report, what)) for what in _SIZES]
    for name in _PAIRS:
        now, was = (len(engine.parts[name]["product"]) for engine in (new, old))
        sizes.append((f"pairs of {name}", now, was))
    reasons = [f"{what} fell from {was} to {now}" for what, now, was in sizes if now < LEAST_SHARE * was]
    tasks = sorted(set(new.metrics) & set(old.metrics) - {"from", "customers"})
    scores = [(task, new.metrics[task]["ndcg@10"], old.metrics[task]["ndcg@10"]) for task in tasks]
    fell = [
        f"NDCG@10 of {task} fell from {was} to {now}"
        for task, now, was in scores
        if now < LEAST_QUALITY * was
    ]
    return reasons + fell


def _candidates(folder: Path) -> list[str]:
    """Versions to try, in order: the chosen one, those before it, those after it."""
    if not folder.is_dir():
        return []
    chosen, known = current_version(folder), list_versions(folder)
    number = next((number for number, version in known if version == chosen), 0)
    ordered = sorted(known, key=lambda entry: (entry[0] > number, -entry[0]))
    versions = [version for _, version in ordered if version != chosen]
    return [chosen, *versions] if chosen else versions


def _point_at(folder: Path, version: str) -> None:
    fresh = folder / f"{_UNFINISHED}pointer-{uuid.uuid4().hex}"
    write_text(fresh, json.dumps({"version": version}) + "\n")
    os.replace(fresh, folder / POINTER)
    sync_directory(folder)


def _retire(folder: Path, keep: int) -> None:
    in_use = current_version(folder)
    for _, version in list_versions(folder)[max(keep, 1) :]:
        if version != in_use:
            shutil.rmtree(folder / version, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Remove what a killed run left behind; holding the lock, nobody else can be writing."""
    for path in folder.glob(f"{_UNFINISHED}*"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """One publisher at a time. The system drops the lock of a process that dies."""
    with (folder / ".lock").open("a+b") as handle:
        try:
            import fcntl
        except ImportError:  # not on this system: the version directory's rename still decides who wins
            yield
            return
        fcntl.flock(handle, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(handle, fcntl.LOCK_UN)
