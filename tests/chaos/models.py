"""R11: model files that are cut, flipped, empty, foreign, of another format or catalogue, or not there at all.

Each round puts the files of two good models there, damages one or both, starts the shop on them and opens pages.
With one good model left that one answers; with none, what sells on the shelf does, and the metrics say so.
"""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from flask import Flask

from recommender import artifacts, load, publishing, train
from recommender.artifacts import FORMAT, MANIFEST, _checksum
from recommender.publishing import POINTER, list_versions, load_current, publish
from storefront.core.database import transaction
from storefront.core.metrics import exposition
from storefront.personalization.service import fitness
from storefront.personalization.service.engine import holder, models_folder
from storefront.personalization.service.training import train_shop
from tests import factories as make
from tests.chaos.damage import swapped
from tests.chaos.drills import Progress, Result, quiet
from tests.conftest import new_versions

PERSON = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0", "Accept": "text/html"}
PAGES = ("/", "/p/model-0", "/p/model-1", "/no-such-page")
Damage = Callable[[Path], None]  # of the files of one version
OLDER, NEWER = "20260101T000000000000Z", "20260102T000000000000Z"


class Canary:
    """Unpickling this leaves a file behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


# --- a shop with two models -------------------------------------------------------------------------------


def stock_up(app: Flask, people: int = 40) -> Path:
    """Products, orders and two published models; a copy of these, to begin each round with."""
    with app.app_context():
        kept = models_folder().parent / "models-kept"
        if kept.exists():
            return kept
        with transaction() as tx:
            shelf = make.category(tx, "model-shelf")
            things = [make.product(tx, f"model-{n}", category=shelf, sku=f"MODEL-{n}") for n in range(10)]
            for number in range(people):
                person, when = make.customer(tx), make.LONG_AGO + timedelta(days=number)
                other = things[2 + number % 8]
                pair = [(things[0], 1), (things[1], 1)] if number % 2 else [(other, 1)]
                make.order(tx, *pair, customer=person, placed_at=when)
                make.order(tx, (things[2 + (number + 3) % 8], 1), customer=person, placed_at=when)
            new_versions(tx)
        train_shop(force=True)
        folder = models_folder()
        engine = load_current(folder).engine
        shutil.rmtree(folder)
        for version in (OLDER, NEWER):
            publish(engine, folder, version)
        shutil.copytree(folder, kept)
    return kept


def renewed(app: Flask, kept: Path) -> Path:
    """The folder of models as it was."""
    with app.app_context():
        folder = models_folder()
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(kept, folder)
        return folder


# --- what may have happened to the files of one version ---------------------------------------------------


def forged(version: Path, **changes: Any) -> None:
    """Change the manifest and make its checksum fit again."""
    content = {**json.loads((version / MANIFEST).read_text()), **changes}
    content["checksum"] = _checksum(content)
    (version / MANIFEST).write_text(json.dumps(content))


def _cut(place: int, of: int) -> Damage:
    def cut(version: Path) -> None:
        files = sorted(path for path in version.iterdir() if path.stat().st_size)
        path = files[place % len(files)]
        path.write_bytes(path.read_bytes()[: path.stat().st_size * place // of])

    return cut


def _flip(seed: int) -> Damage:
    def flip(version: Path) -> None:
        chance = np.random.default_rng(seed)
        files = sorted(path for path in version.iterdir() if path.stat().st_size)
        path = files[chance.integers(len(files))]
        content = bytearray(path.read_bytes())
        content[chance.integers(len(content))] ^= 1 << int(chance.integers(8))
        path.write_bytes(content)

    return flip


def _quiet_flip(seed: int) -> Damage:
    """One bit of a number that stays a number: nothing but its checksum tells."""

    def flip(version: Path) -> None:
        path = version / ("popular.score.npy" if seed % 2 else "complements.strength.npy")
        content = bytearray(path.read_bytes())
        content[-4] ^= 1 << (seed % 8)
        path.write_bytes(content)

    return flip


def _array(name: str, change: Callable[[Any], Any]) -> Damage:
    """Another array under the same name, with a manifest that fits."""

    def put(version: Path) -> None:
        array = change(np.load(version / name).copy())
        stated = artifacts._write_array(version / name, array)
        listed = json.loads((version / MANIFEST).read_text())["files"]
        forged(version, files={**listed, name: stated})

    return put


def _number(value: float) -> Callable[[Any], Any]:
    def put(array: Any) -> Any:
        array.reshape(-1)[-1] = value
        return array

    return put


def _pickled(name: str, canary: Path, *, as_array: bool) -> Damage:
    def put(version: Path) -> None:
        thing = Canary(canary)
        with (version / name).open("wb") as file:
            if as_array:
                np.save(file, np.array([thing], dtype=object), allow_pickle=True)
            else:
                pickle.dump(thing, file)
        if name == MANIFEST:
            return
        listed = json.loads((version / MANIFEST).read_text())["files"]
        size, digest = (version / name).stat().st_size, artifacts._sha256(version / name)
        forged(version, files={**listed, name: {**listed[name], "size": size, "sha256": digest}})

    return put


def _foreign(names: Callable[[int], str]) -> Damage:
    """A whole model of another shop."""

    def put(version: Path) -> None:
        number = list(range(60))
        rows = {
            "customer": [f"{one % 12}" for one in number],
            "product": [names(one % 7) for one in number],
            "kind": ["purchase"] * 60,
            "at": [f"2026-01-{1 + one % 28:02d}" for one in number],
            "order": [f"o{one // 2}" for one in number],
        }
        sequence = json.loads((version / MANIFEST).read_text())["sequence"]
        shutil.rmtree(version)
        engine = train(rows, {"holdout_customers": 0, "factors": 4, "iterations": 1})
        artifacts.write(engine, version, version=version.name, sequence=sequence)

    return put


def cases(cuts: int, flips: int, canary: Path) -> Iterator[tuple[str, Damage]]:
    """Everything of R11 that may be wrong with one version."""
    yield from ((f"cut at {place}/{cuts}", _cut(place, cuts)) for place in range(cuts))
    yield from ((f"bit {seed} flipped", _flip(seed)) for seed in range(flips))
    yield "empty manifest", lambda version: (version / MANIFEST).write_text("") and None
    yield "empty array", lambda version: (version / "popular.score.npy").write_bytes(b"") and None
    yield "empty directory", lambda version: [path.unlink() for path in version.iterdir()] and None
    yield "missing directory", shutil.rmtree
    yield "older format", lambda version: forged(version, format=FORMAT - 1)
    yield "newer format", lambda version: forged(version, format=FORMAT + 1)
    yield "NaN", _array("popular.score.npy", _number(np.nan))
    yield "infinity", _array("taste.products.npy", _number(np.inf))
    yield "a product that is none", _array("complements.product.npy", _number(10_000_000))
    yield "names of another shop", _foreign("SKU-{}".format)
    yield "numbers of another shop", _foreign(lambda one: str(900_000 + one))
    for name in ("popular.score.npy", MANIFEST):
        for as_array in (True, False):
            yield f"pickle as {name}", _pickled(name, canary, as_array=as_array)


# --- the drill --------------------------------------------------------------------------------------------


def damaged_files(
    app: Flask, *, cuts: int, flips: int, control: bool = False, progress: Progress = quiet
) -> Result:
    """Every case twice: with a good older model beside it, and alone. The control compares no checksums."""
    result = Result("R11 damaged files" + (", unguarded" if control else ""))
    kept = stock_up(app)
    canary = kept.parent / "executed"
    chosen = list(cases(cuts, flips, canary))
    if control:
        chosen = [(f"bit {seed} flipped", _quiet_flip(seed)) for seed in range(flips)]
    whole = load
    guard = (publishing, "load", lambda folder: whole(folder, verify=False))
    for number, (name, damage) in enumerate(chosen):
        for versions in ([NEWER], [OLDER, NEWER]):
            folder = renewed(app, kept)
            for version in versions:
                damage(folder / version)
            with swapped(guard) if control else nullcontext():
                found = _started(app, alone=len(versions) > 1)
            found += ["a pickle was executed"] if canary.exists() else []
            result.note([f"{name}: {line}" for line in found])
            result.acts += len(PAGES)
        progress(result.name, number + 1, len(chosen))
    for gone in () if control else ("pointer", "everything"):
        folder = renewed(app, kept)
        if gone == "pointer":
            (folder / POINTER).unlink()
        else:
            shutil.rmtree(folder)
        result.note([f"{gone} gone: {line}" for line in _started(app, alone=gone == "everything")])
    renewed(app, kept)
    return result


def _started(app: Flask, *, alone: bool) -> list[str]:
    """What is wrong with a shop that starts on these files. `alone`: no good model is among them."""
    with app.app_context():
        holder().forget()
        before = _without_model()
    found, lists = opened(app), 0
    with app.app_context():
        version, lists = holder().version, _without_model() - before
        if alone and version is not None:
            found.append(f"{version} is in use")
        if not alone and version == NEWER and any(number for number, _ in list_versions(models_folder())):
            found += ["the damaged model is in use"] if _is_damaged() else []
        if alone and not lists:
            found.append("no list without a model was counted")
    return found


def _is_damaged() -> bool:
    try:
        fitness.check_fits(load(models_folder() / NEWER))
    except Exception:
        return True
    return False


def opened(app: Flask) -> list[str]:
    """Open the pages; what was not answered, or shows no list."""
    found = []
    client = app.test_client()
    for path in PAGES:
        answer = client.get(path, headers=PERSON)
        expected = 404 if path == "/no-such-page" else 200
        if answer.status_code != expected:
            found.append(f"{path} was answered with {answer.status_code}")
        elif "data-strip=" not in answer.get_data(as_text=True):
            found.append(f"{path} shows no list")
    return found


def _without_model() -> float:
    """Lists that were filled without a model so far, as the metrics say."""
    lines = exposition().decode().splitlines()
    return sum(
        float(line.split()[-1]) for line in lines if line.startswith("regulars_lists_without_model_total")
    )
