"""A backup is one moment of a running shop; bringing it back is all or nothing."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from storefront.app import create_app
from storefront.core.backup import back_up, finish_interrupted, restore
from storefront.core.database import JOURNAL, db, dispose, transaction, write_engine
from storefront.core.doctor import examine
from storefront.core.errors import Refusal, SetupError
from storefront.core.models import Counter
from storefront.core.serving.processes import running
from tests import stores

PAIR = 1000


def quiet(_step: str, _share: float) -> None:
    """No progress is wanted."""


def save(app: Flask, target: Path) -> Any:
    with app.app_context():
        return back_up(app, target, quiet)


def bring_back(app: Flask, source: Path, *, overwrite: bool = True) -> None:
    with app.app_context():
        restore(app, source, overwrite=overwrite, advance=quiet)


def fill(app: Flask) -> None:
    """A product, two counters that always sum to PAIR, an event in the journal, and files."""
    with app.app_context():
        with transaction() as tx:
            tx.add_all([Counter(name="a", remaining=PAIR), Counter(name="b", remaining=0)])
            tx.execute(
                sa.text(
                    "INSERT INTO outbox (event, payload, created_at) VALUES ('x', '{}', '2026-03-02 12:00:00')"
                )
            )
        with write_engine(JOURNAL).connect() as connection:
            connection.execute(
                sa.text(
                    "INSERT INTO journal_event (event_id, name, at) VALUES ('e1', 'view_item', '2026-03-02 12:00:00')"
                )
            )
            if connection.in_transaction():
                connection.commit()
    folder = Path(app.instance_path)
    (folder / "media" / "ab").mkdir(parents=True, exist_ok=True)
    (folder / "media" / "ab" / "abc-320.webp").write_bytes(b"picture")
    (folder / "mail").mkdir(exist_ok=True)
    (folder / "mail" / "sent.eml").write_text("private")


def move(app: Flask, amount: int) -> None:
    with app.app_context(), transaction() as tx:
        for name, by in (("a", -amount), ("b", amount)):
            tx.execute(
                sa.update(Counter).where(Counter.name == name).values(remaining=Counter.remaining + by)
            )


def counters(app: Flask) -> dict[str, int]:
    with app.app_context():
        found = db.session.execute(sa.select(Counter.name, Counter.remaining)).all()
        return {name: remaining for name, remaining in found}


def events(app: Flask) -> list[str]:
    with app.app_context(), db.engines[JOURNAL].connect() as connection:
        return list(connection.execute(sa.text("SELECT event_id FROM journal_event")).scalars())


def test_what_was_saved_comes_back_into_an_empty_instance(
    shop: Flask, other: Callable[[], Flask], tmp_path: Path
) -> None:
    fill(shop)
    manifest = save(shop, tmp_path / "b.tar.gz")
    assert manifest.rows["shop"]["counter"] == 2
    assert manifest.rows["journal"]["journal_event"] == 1
    target = other()
    bring_back(target, tmp_path / "b.tar.gz", overwrite=False)
    assert counters(target) == {"a": PAIR, "b": 0}
    assert events(target) == ["e1"]
    folder = Path(target.instance_path)
    assert (folder / "media" / "ab" / "abc-320.webp").read_bytes() == b"picture"
    assert not (folder / "mail").exists(), "mails that were sent are not part of a backup"
    with target.app_context():
        assert examine(target).findings == []
        with transaction() as tx:  # sequences stand behind what came in
            tx.execute(
                sa.text(
                    "INSERT INTO outbox (event, payload, created_at) VALUES ('y', '{}', '2026-03-02 12:00:00')"
                )
            )


def test_a_backup_made_under_load_is_one_moment(
    shop: Flask, other: Callable[[], Flask], tmp_path: Path
) -> None:
    fill(shop)
    stop = threading.Event()
    moved: list[int] = []

    def shove() -> None:
        while not stop.is_set():
            move(shop, 1)
            moved.append(1)
            if len(moved) % 50 == 0:
                move(shop, -50)

    writer = threading.Thread(target=shove)
    writer.start()
    try:
        paths = [tmp_path / f"b{number}.tar.gz" for number in range(2)]
        for path in paths:
            save(shop, path)
    finally:
        stop.set()
        writer.join()
    assert moved, "somebody wrote meanwhile"
    target = other()
    for path in paths:
        bring_back(target, path)
        assert sum(counters(target).values()) == PAIR
        with target.app_context():
            assert examine(target).findings == []


def test_bringing_back_replaces_everything(shop: Flask, tmp_path: Path) -> None:
    fill(shop)
    save(shop, tmp_path / "b.tar.gz")
    move(shop, 400)
    newer = Path(shop.instance_path) / "media" / "newer.webp"
    newer.write_bytes(b"later")
    with pytest.raises(Refusal, match="--yes"):
        bring_back(shop, tmp_path / "b.tar.gz", overwrite=False)
    assert counters(shop)["b"] == 400
    bring_back(shop, tmp_path / "b.tar.gz")
    assert counters(shop) == {"a": PAIR, "b": 0}
    assert not newer.exists()


@pytest.mark.parametrize("damage", ["cut", "flip", "member", "manifest", "text", "escape", "newer"])
def test_a_damaged_archive_changes_nothing(shop: Flask, tmp_path: Path, damage: str) -> None:
    fill(shop)
    path = tmp_path / "b.tar.gz"
    save(shop, path)
    move(shop, 7)
    DAMAGES[damage](path)
    with pytest.raises(Refusal):
        bring_back(shop, path)
    assert counters(shop) == {"a": PAIR - 7, "b": 7}
    assert events(shop) == ["e1"]
    assert not (Path(shop.instance_path) / ".restore").exists()
    assert not (tmp_path / "escaped").exists()


def test_a_byte_between_the_files_of_an_archive_is_noticed(shop: Flask, tmp_path: Path) -> None:
    fill(shop)
    path = tmp_path / "b.tar.gz"
    save(shop, path)
    plain = bytearray(gzip.decompress(path.read_bytes()))
    plain[-1] ^= 0xFF  # the filling after the last file
    whole = gzip.compress(bytes(plain))
    checksum = gzip.compress(gzip.decompress(path.read_bytes()))[-8:]
    path.write_bytes(whole[:-8] + checksum)
    with pytest.raises(Refusal, match="complete"):
        bring_back(shop, path)


def test_a_shop_that_runs_is_not_replaced(shop: Flask, tmp_path: Path) -> None:
    fill(shop)
    save(shop, tmp_path / "b.tar.gz")
    with running(Path(shop.instance_path)), pytest.raises(SetupError, match="stop"):
        bring_back(shop, tmp_path / "b.tar.gz")
    bring_back(shop, tmp_path / "b.tar.gz")


def test_an_archive_is_not_overwritten_and_is_private(shop: Flask, tmp_path: Path) -> None:
    path = tmp_path / "b.tar.gz"
    save(shop, path)
    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(Refusal, match="exists"):
        save(shop, path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["b.tar.gz"], "no scratch files stay"


def test_where_the_data_lies_is_the_instances_own_business(
    make_shop: Callable[..., Flask], tmp_path: Path
) -> None:
    source, target = make_shop(), make_shop()
    theirs = 'shop_name = "Corner"\ndatabase_url = "sqlite:////elsewhere/shop.db"\n'
    (Path(source.instance_path) / "regulars.toml").write_text(theirs)
    save(source, tmp_path / "b.tar.gz")
    bring_back(target, tmp_path / "b.tar.gz")
    kept = (Path(target.instance_path) / "regulars.toml").read_text()
    assert "Corner" in kept
    assert "elsewhere" not in kept


@pytest.mark.parametrize("step", range(1, 14))
def test_a_restore_that_breaks_off_is_undone_or_finished_by_the_next_command(
    make_shop: Callable[..., Flask], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    shop, archive = changed_since_backup(make_shop(), tmp_path)
    with monkeypatch.context() as patch:
        break_at_rename(patch, step)
        with suppress(Broken):
            bring_back(shop, archive)
    folder = Path(shop.instance_path)
    dispose(shop)
    finish_interrupted(folder)
    again = create_app(stores.settings(folder))
    name = again.extensions["regulars_settings"].shop_name
    assert (name, counters(again)["b"]) in {("Before", 0), ("Later", 9)}, "a mixture of both"
    with again.app_context():
        assert examine(again).findings == []
    dispose(again)


@pytest.mark.slow
def test_a_restore_killed_half_way_is_finished_by_the_next_command(
    make_shop: Callable[..., Flask], tmp_path: Path
) -> None:
    shop, archive = changed_since_backup(make_shop(), tmp_path)
    folder = Path(shop.instance_path)
    dispose(shop)
    kill_at_rename(6, folder, archive)
    assert (folder / ".restore" / "ready").exists()
    command = [sys.executable, "-m", "storefront.cli", "doctor"]
    environ = {**os.environ, "REGULARS_INSTANCE": str(folder), "REGULARS_MODE": "test"}
    ended = subprocess.run(command, env=environ, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "is now finished" in ended.stderr
    again = create_app(stores.settings(folder))
    assert (again.extensions["regulars_settings"].shop_name, counters(again)["b"]) == ("Before", 0)
    dispose(again)


def test_a_database_kept_elsewhere_is_not_forgotten_when_a_broken_restore_is_finished(
    make_shop: Callable[..., Flask], sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "elsewhere"
    stores.copy_databases(sqlite_template, place)
    url = f"sqlite:///{place / 'shop.db'}"
    shop, archive = changed_since_backup(make_shop(database_url=url), tmp_path)

    def break_off(*_more: Any) -> None:
        raise Broken

    with monkeypatch.context() as patch, suppress(Broken):
        patch.setattr(shutil, "copy", break_off)
        bring_back(shop, archive)
    folder = Path(shop.instance_path)
    dispose(shop)
    assert finish_interrupted(folder)
    again = create_app(stores.settings(folder, database_url=url))
    name = again.extensions["regulars_settings"].shop_name
    assert (name, counters(again)["b"]) == ("Before", 0)
    dispose(again)


class Broken(BaseException):
    """What no handler expects."""


def changed_since_backup(shop: Flask, tmp_path: Path) -> tuple[Flask, Path]:
    """A shop called Later whose backup says Before."""
    fill(shop)
    settings_file = Path(shop.instance_path) / "regulars.toml"
    settings_file.write_text('shop_name = "Before"\n')
    save(shop, tmp_path / "b.tar.gz")
    settings_file.write_text('shop_name = "Later"\n')
    move(shop, 9)
    return shop, tmp_path / "b.tar.gz"


def break_at_rename(patch: pytest.MonkeyPatch, step: int) -> None:
    rename, left = Path.rename, [step]

    def counted(self: Path, target: Path) -> Path:
        left[0] -= 1
        if left[0] == 0:
            raise Broken
        return rename(self, target)

    patch.setattr(Path, "rename", counted)


def kill_at_rename(step: int, folder: Path, archive: Path) -> None:
    """Restore in a process that is killed with -9 at its n-th rename."""
    program = """
import os, pathlib, signal, sys
from storefront.app import create_app
from storefront.core.backup import restore
from tests import stores
left, rename = int(sys.argv[1]), pathlib.Path.rename
def counted(self, target):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return rename(self, target)
pathlib.Path.rename = counted
app = create_app(stores.settings(pathlib.Path(sys.argv[2])))
with app.app_context():
    restore(app, pathlib.Path(sys.argv[3]), overwrite=True, advance=lambda step, share: None)
"""
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-c", program, str(step), str(folder), str(archive)]
    ended = subprocess.run(
        command, cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True
    )
    assert ended.returncode == -9, ended.stderr.decode()


# --- damages ----------------------------------------------------------------------------------------------


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-2000])


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(bytes(content))


def _text(path: Path) -> None:
    path.write_text("name,price\n")


def _member(path: Path) -> None:
    """One byte of the shop's database, in an archive that is whole otherwise."""
    _rewrite(path, lambda name, data: data[:-1] + b"\x01" if name.startswith("stores/") else data)


def _manifest(path: Path) -> None:
    _rewrite(path, lambda name, data: None if name == "manifest.json" else data)


def _newer(path: Path) -> None:
    def change(name: str, data: bytes) -> bytes:
        if name != "manifest.json":
            return data
        manifest = json.loads(data)
        manifest["revisions"]["shop"] = "9999_from_the_future"
        return json.dumps(manifest).encode()

    _rewrite(path, change)


def _escape(path: Path) -> None:
    _rewrite(path, lambda name, data: data, more={"../../escaped": b"out"})


DAMAGES = {
    "cut": _cut,
    "flip": _flip,
    "member": _member,
    "manifest": _manifest,
    "text": _text,
    "escape": _escape,
    "newer": _newer,
}


def _rewrite(
    path: Path, change: Callable[[str, bytes], bytes | None], more: dict[str, bytes] | None = None
) -> None:
    with tarfile.open(path) as tar:
        content = {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]
    changed = {name: change(name, data) for name, data in content.items()}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, data in {**(more or {}), **changed}.items():
            if data is not None:
                info = tarfile.TarInfo(name)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
    path.write_bytes(gzip.compress(buffer.getvalue()))


# --- shops ------------------------------------------------------------------------------------------------


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def shop(kind: str, request: pytest.FixtureRequest, tmp_path_factory: Any) -> Iterator[Flask]:
    if kind == "sqlite":
        yield request.getfixturevalue("make_shop")()
        return
    made = _on_postgres(request, tmp_path_factory, f"source_{os.getpid()}_{id(request)}", migrated=True)
    yield made
    dispose(made)


@pytest.fixture
def other(kind: str, request: pytest.FixtureRequest, tmp_path_factory: Any) -> Iterator[Callable[[], Flask]]:
    """Another, empty instance of the same kind: no table in its database."""
    made: list[Flask] = []

    def make() -> Flask:
        if kind == "sqlite":
            made.append(create_app(stores.settings(tmp_path_factory.mktemp("other"))))
        else:
            name = f"target_{os.getpid()}_{id(request)}"
            made.append(_on_postgres(request, tmp_path_factory, name, migrated=False))
        return made[-1]

    yield make
    for app in made:
        dispose(app)


def _on_postgres(request: Any, tmp_path_factory: Any, name: str, *, migrated: bool) -> Flask:
    server = request.getfixturevalue("postgres")
    url = server.database(name) if migrated else server.empty(name)
    return create_app(stores.settings(tmp_path_factory.mktemp(name), database_url=url))
