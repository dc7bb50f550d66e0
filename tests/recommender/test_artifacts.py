"""A stored engine: whole or refused, never executed, replaced at once, with older ones to fall back to."""

from __future__ import annotations

import json
import multiprocessing
import os
import pickle
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recommender import Engine, load, train
from recommender.artifacts import MANIFEST, _checksum
from recommender.errors import BadArtifact, NoArtifact
from recommender.publishing import check, current_version, list_versions, load_current, publish, roll_back
from tests.recommender.shops import QUICK, checkerboard, planted_shop


@pytest.fixture
def stored(planted, tmp_path) -> Path:
    planted.save(tmp_path / "model", version="7", created="2026-01-01T00:00:00Z")
    return tmp_path / "model"


def test_saving_and_loading_changes_nothing(planted, stored):
    again = load(stored)
    assert again.settings == planted.settings
    assert again.report == planted.report
    for product in planted.products:
        assert again.goes_with(product) == planted.goes_with(product)
        assert again.for_session([product]) == planted.for_session([product])
        assert again.instead_of(product) == planted.instead_of(product)
    for surface in ("for_you", "next_basket"):
        everyone = list(planted.customers)
        assert again.for_customers(everyone, surface) == planted.for_customers(everyone, surface)


def test_equal_data_gives_equal_bytes(stored, tmp_path):
    train(planted_shop().columns, QUICK).save(tmp_path / "b", version="7", created="2026-01-01T00:00:00Z")
    files = sorted(path.name for path in stored.iterdir())
    assert files == sorted(path.name for path in (tmp_path / "b").iterdir())
    for name in files:
        assert (stored / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_arrays_are_mapped_not_read(stored):
    array = load(stored).parts["taste"]["customers"]
    assert isinstance(array.base, np.memmap)
    assert not array.flags.writeable


def test_saving_over_an_older_model_replaces_it(board, stored):
    board.save(stored)
    assert list(load(stored).products) == list(board.products)


@pytest.mark.parametrize("place", range(20))
def test_a_file_cut_short_anywhere_is_refused(stored, place):
    files = sorted(path for path in stored.iterdir() if path.stat().st_size)
    path = files[place % len(files)]
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * place // 20])
    with pytest.raises(BadArtifact):
        load(stored)


def test_a_flipped_bit_anywhere_is_refused(stored):
    chance = np.random.default_rng(9)
    files = sorted(stored.iterdir())
    for _ in range(100):
        path = files[chance.integers(len(files))]
        content = path.read_bytes()
        flipped = bytearray(content)
        flipped[chance.integers(len(content))] ^= 1 << int(chance.integers(8))
        path.write_bytes(flipped)
        with pytest.raises(BadArtifact):
            load(stored)
        path.write_bytes(content)
    load(stored)


def test_a_missing_file_or_directory_is_refused(stored, tmp_path):
    for path in sorted(stored.iterdir()):
        content = path.read_bytes()
        path.unlink()
        with pytest.raises(BadArtifact):
            load(stored)
        path.write_bytes(content)
    for folder in (tmp_path / "nothing", Path(__file__)):
        with pytest.raises(BadArtifact):
            load(folder)


def forged(stored: Path, **changes) -> None:
    """Change the manifest and make its checksum fit again."""
    path = stored / MANIFEST
    content = {**json.loads(path.read_text()), **changes}
    content["checksum"] = _checksum(content)
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 0}, "train again"),
        ({"format": 99}, "train again"),
        ({"kind": "something else"}, "no manifest"),
        ({"settings": {"unknown": 1}}, "unknown"),
        ({"report": {"rows": 1, "secret": 2}}, "not a model"),
        ({"files": {"../../etc/passwd": {"size": 1}}}, "not a model|no name"),
        ({"files": {"taste.customers.pickle": {"size": 1}}}, "no name"),
        ({"files": {}}, "missing"),
        ({"files": None}, "not a model"),
    ],
)
def test_a_foreign_manifest_is_refused(stored, changes, message):
    forged(stored, **changes)
    with pytest.raises(BadArtifact, match=message):
        load(stored)


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", "[" * 100_000, '{"kind": 1e999}', "\x00\xff"])
def test_a_manifest_that_is_none_is_refused(stored, text):
    (stored / MANIFEST).write_text(text)
    with pytest.raises(BadArtifact):
        load(stored)


class Canary:
    """Unpickling this leaves a file behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_a_foreign_pickle_is_not_executed(stored, tmp_path):
    canary = tmp_path / "executed"
    plain = pickle.dumps(Canary(canary))
    array = np.array([Canary(canary)], dtype=object)
    for name in ("popular.score.npy", MANIFEST):
        content = (stored / name).read_bytes()
        for use in (lambda file: file.write(plain), lambda file: np.save(file, array, allow_pickle=True)):
            with (stored / name).open("wb") as file:
                use(file)
            if name != MANIFEST:
                size = (stored / name).stat().st_size
                listed = json.loads((stored / MANIFEST).read_text())["files"]
                listed[name] = {**listed[name], "size": size}
                forged(stored, files=listed)
            with pytest.raises(BadArtifact):
                load(stored, verify=False)
        (stored / name).write_bytes(content)
    assert not canary.exists()


def with_array(engine: Engine, model: str, name: str, change) -> dict:
    """The parts of an engine with one array changed."""
    parts = {key: dict(arrays) for key, arrays in engine.parts.items()}
    array = parts[model][name].copy()
    change(array)
    parts[model][name] = array
    return parts


@pytest.mark.parametrize(
    ("model", "name", "value"),
    [
        ("taste", "customers", np.nan),
        ("taste", "products", np.inf),
        ("popular", "score", -np.inf),
        ("complements", "product", 10_000_000),
        ("complements", "indptr", -4),
        ("habits", "product", -9),
        ("sessions", "rarity", np.nan),
        ("catalogue", "price_of", np.nan),
    ],
)
def test_values_that_cannot_be_are_refused(planted, model, name, value):
    parts = with_array(planted, model, name, lambda array: array.reshape(-1).__setitem__(-1, value))
    with pytest.raises(BadArtifact, match=model):
        Engine(parts, planted.settings, planted.report)


def test_arrays_of_another_catalogue_are_refused(planted, board):
    for model in ("complements", "neighbours", "taste", "popular", "sessions", "premium"):
        parts = {**planted.parts, model: board.parts[model]}
        with pytest.raises(BadArtifact):
            Engine(parts, planted.settings, planted.report)


# --- versions -----------------------------------------------------------------------------------------------


def test_the_published_version_is_the_current_one(planted, board, tmp_path):
    publish(board, tmp_path, "2026-01-01", created="2026-01-01T03:00:00Z")
    publish(planted, tmp_path, "2026-01-02")
    current = load_current(tmp_path)
    assert (current.version, current.skipped) == ("2026-01-02", ())
    assert list(current.engine.products) == list(planted.products)
    roll_back(tmp_path, "2026-01-01")
    assert load_current(tmp_path).version == current_version(tmp_path) == "2026-01-01"


def test_nothing_published_is_its_own_error(tmp_path):
    for root in (tmp_path, tmp_path / "missing"):
        with pytest.raises(NoArtifact):
            load_current(root)
        assert current_version(root) is None


def test_the_last_five_stay_and_the_one_in_use(board, tmp_path):
    for number in range(4):
        publish(board, tmp_path, f"v{number}")
    roll_back(tmp_path, "v0")
    for number in range(4, 8):
        publish(board, tmp_path, f"v{number}")
    assert [version for _, version in list_versions(tmp_path)] == ["v7", "v6", "v5", "v4", "v3"]


@pytest.mark.parametrize("version", ["", "..", "a/b", "current", "-x", "x" * 200, ".hidden"])
def test_a_version_needs_a_plain_name(board, tmp_path, version):
    with pytest.raises(BadArtifact):
        publish(board, tmp_path, version)


def test_a_version_is_never_overwritten(board, planted, tmp_path):
    publish(board, tmp_path, "v1")
    with pytest.raises(BadArtifact, match="exists"):
        publish(planted, tmp_path, "v1")
    assert list(load_current(tmp_path).engine.products) == list(board.products)


@pytest.mark.parametrize(
    "damage", ["file", "manifest", "directory", "pointer", "pointer gone", "empty pointer"]
)
def test_damage_falls_back_to_what_is_whole(board, planted, tmp_path, damage):
    publish(board, tmp_path, "v1")
    publish(planted, tmp_path, "v2")
    new = tmp_path / "v2"
    if damage == "file":
        (new / "popular.score.npy").write_bytes(b"\x93NUMPY")
    elif damage == "manifest":
        (new / MANIFEST).write_text("{")
    elif damage == "directory":
        shutil.rmtree(new)
    elif damage == "pointer gone":
        (tmp_path / "current").unlink()
    else:
        (tmp_path / "current").write_text('{"version": "../../x"}' if damage == "pointer" else "")
    current = load_current(tmp_path)
    assert current.version == ("v2" if "pointer" in damage else "v1")
    assert bool(current.skipped) == ("pointer" not in damage)


def test_when_everything_is_damaged_it_says_so(board, tmp_path):
    publish(board, tmp_path, "v1")
    (tmp_path / "v1" / "popular.score.npy").unlink()
    with pytest.raises(BadArtifact, match=r"popular\.score"):
        load_current(tmp_path)


def test_what_a_killed_run_left_is_not_seen_and_is_swept(board, tmp_path):
    publish(board, tmp_path, "v1")
    (tmp_path / ".new-v2-abc").mkdir()
    (tmp_path / ".new-v2-abc" / "popular.score.npy").write_bytes(b"half")
    (tmp_path / ".new-pointer-abc").write_text("{}")
    assert load_current(tmp_path).version == "v1"
    publish(board, tmp_path, "v2")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "current", "v1", "v2"]


def test_a_refused_engine_leaves_nothing(board, tmp_path):
    publish(board, tmp_path, "v1")
    broken = with_array(board, "popular", "score", lambda array: array.__setitem__(0, np.nan))
    engine = load(tmp_path / "v1")
    engine.parts = broken
    with pytest.raises(BadArtifact):
        publish(engine, tmp_path, "v2")
    assert current_version(tmp_path) == "v1"
    assert not (tmp_path / "v2").exists()


def _publish_some(root: str, name: str) -> None:
    engine = load(Path(root) / "start")
    for number in range(4):
        publish(engine, root, f"{name}{number}", keep=20)


def test_two_trainers_at_once_and_a_reader(board, tmp_path):
    publish(board, tmp_path, "start")
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_publish_some, args=(str(tmp_path), name)) for name in "ab"]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        assert load_current(tmp_path).skipped == ()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    numbers = [number for number, _ in list_versions(tmp_path)]
    assert numbers == list(range(9, 0, -1))


# --- sanity -------------------------------------------------------------------------------------------------


def test_a_model_is_compared_with_the_last_one(planted, board):
    assert check(planted, None) == []
    assert check(planted, planted) == []
    assert [reason for reason in check(board, planted) if reason.startswith("rows fell")]
    worse = replace(planted.report, metrics={"next_basket": {"ndcg@10": 0.05}})
    better = replace(planted.report, metrics={"next_basket": {"ndcg@10": 0.25}})
    old, new = (Engine(planted.parts, planted.settings, report) for report in (better, worse))
    assert check(new, old) == ["NDCG@10 of next_basket fell from 0.25 to 0.05"]
    assert check(old, new) == []


def test_a_model_without_a_buyer_is_refused():
    rows = {"customer": ["c"], "product": ["p"], "kind": ["view"], "at": ["2026-01-01"]}
    assert check(train(rows, QUICK), None)


# --- serving ------------------------------------------------------------------------------------------------


def test_serving_needs_numpy_only(stored):
    script = (
        "import sys; from recommender import load; engine = load(sys.argv[1]);"
        "engine.for_customers(['c001', 'x']); engine.goes_with('LAMP'); engine.for_session(['LAMP']);"
        "engine.one_step_up('LAMP'); engine.instead_of('LAMP'); engine.popular();"
        "heavy = {'implicit', 'pandas', 'pyarrow', 'scipy', 'flask', 'sqlalchemy'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    subprocess.run([sys.executable, "-c", script, str(stored)], check=True, env=environment)


def test_offline_metrics_are_measured_beside_popularity():
    engine = train(planted_shop().columns, {**QUICK.as_dict(), "holdout_customers": 100})
    assert engine.metrics["customers"] == 100
    for task in ("next_basket", "next_basket_popular", "new_for_you", "new_for_you_popular"):
        assert set(engine.metrics[task]) == {"recall@10", "ndcg@10", "hr@10"}
        assert all(0 <= value <= 1 for value in engine.metrics[task].values())
    assert train(checkerboard(), QUICK).metrics == {}
