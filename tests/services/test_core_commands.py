"""The commands of operators: one clear line, the right status, JSON that is nothing but JSON."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from storefront.cli import main
from storefront.core.settings import NAMES


def test_init_makes_a_shop_says_so_and_may_be_repeated(run: Run, folder: Path) -> None:
    first, second = run("init"), run("init")
    assert first.exit_code == second.exit_code == 0
    assert "created" in first.output
    assert "already at version" in second.output
    assert run("doctor").exit_code == 0
    for name in ("shop.db", "journal.db", "jobs.db", "secret.key"):
        assert (folder / name).stat().st_mode & 0o077 == 0, f"{name} is nobody else's business"


def test_init_refuses_a_database_of_a_newer_program(run: Run, folder: Path) -> None:
    run("init")
    with closing(sqlite3.connect(folder / "shop.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    refused = run("init")
    assert refused.exit_code == 1
    assert "newer" in refused.stderr


def test_the_doctor_fails_on_a_finding_and_says_it_in_json(run: Run, folder: Path) -> None:
    run("init")
    well = json.loads(run("doctor", "--json").stdout)
    assert well["ok"] is True
    with closing(sqlite3.connect(folder / "shop.db")) as connection, connection:
        connection.execute("INSERT INTO product_category VALUES (7, 8, 0)")
    ill = run("doctor", "--json")
    assert ill.exit_code == 1
    found = json.loads(ill.stdout)
    assert found["ok"] is False
    assert found["findings"][0]["invariant"] == "shop_store"
    assert "FINDING shop_store" in run("doctor").stdout


def test_a_shop_goes_into_a_file_and_comes_back(run: Run, folder: Path, tmp_path: Path) -> None:
    run("init")
    archive = tmp_path / "b.tar.gz"
    made = json.loads(run("backup", str(archive), "--json").stdout)
    assert made["bytes"] == archive.stat().st_size
    refused = run("restore", str(archive))
    assert refused.exit_code == 1
    assert "--yes" in refused.stderr
    assert run("restore", str(archive), "--yes").exit_code == 0
    other = {"REGULARS_INSTANCE": str(tmp_path / "other")}
    assert run("restore", str(archive), env=other).exit_code == 0
    assert run("doctor", env=other).exit_code == 0
    keys = [(place / "secret.key").read_text() for place in (folder, tmp_path / "other")]
    assert keys[0] == keys[1], "cookies and links stay valid"


def test_a_file_that_cannot_be_written_is_one_line_and_status_one(run: Run, tmp_path: Path) -> None:
    run("init")
    ended = run("backup", str(tmp_path / "no" / "such" / "file"))
    assert ended.exit_code == 1
    assert len(ended.stderr.strip().splitlines()) == 1


def test_check_config_shows_every_setting_with_its_source_and_no_secret(run: Run, folder: Path) -> None:
    folder.mkdir()
    (folder / "regulars.toml").write_text('shop_name = "From the file"\n')
    secret = {
        "REGULARS_SECRET_KEY": "abcdefghijklmnopqrstuvwxyz-0123456789",
        "REGULARS_MAIL_URL": "smtp://me:pa55word@mail.example.org:587",
        "REGULARS_METRICS_TOKEN": "t0ken-of-metrics",
    }
    shown = run("check-config", "--json", env=secret)
    assert shown.exit_code == 0
    settings = json.loads(shown.stdout)["settings"]
    assert set(settings) == set(NAMES)
    assert settings["shop_name"] == {"value": "From the file", "source": "file"}
    assert settings["mail_url"]["source"] == "environment"
    assert settings["page_size"]["source"] == "default"
    plain = run("check-config", env=secret)
    for output in (shown.output, plain.output):
        for word in ("abcdefghijklmnop", "pa55word", "t0ken-of-metrics"):
            assert word not in output
        assert "mail.example.org" in output


def test_check_config_names_what_is_wrong(run: Run) -> None:
    wrong = {"REGULARS_BASE_URL": "ftp://shop"}
    plain, as_json = run("check-config", env=wrong), run("check-config", "--json", env=wrong)
    assert plain.exit_code == as_json.exit_code == 1
    assert "REGULARS_BASE_URL" in plain.stderr
    assert "REGULARS_BASE_URL" in json.loads(as_json.stdout)["problems"][0]


def test_a_test_mail_goes_the_whole_way(run: Run, folder: Path) -> None:
    run("init")
    assert run("check-config", "--send-test-mail", "ada@example.org").exit_code == 0
    (path,) = (folder / "mail").glob("*.eml")
    assert message_from_bytes(path.read_bytes(), policy=policy.default)["To"] == "ada@example.org"


def test_a_test_mail_that_fails_says_why_and_is_not_tried_again(run: Run, folder: Path) -> None:
    run("init")
    refused = run(
        "check-config", "--send-test-mail", "a@example.org", env={"REGULARS_MAIL_URL": "smtp://127.0.0.1:1"}
    )
    assert refused.exit_code == 1
    assert "refused" in refused.stderr.lower()
    with closing(sqlite3.connect(folder / "shop.db")) as connection:
        assert connection.execute("SELECT count(*) FROM mail_message").fetchone() == (0,)


def test_every_address_of_the_shop_is_classified(run: Run) -> None:
    run("init")
    listed = run("routes", "--json")
    table = json.loads(listed.stdout)
    assert (table["missing"], table["extra"]) == ([], [])
    assert listed.exit_code == 0
    assert {"rule", "method", "endpoint", "audience", "state_changing", "csrf"} <= set(table["routes"][0])


@pytest.mark.parametrize(
    "words", [("init",), ("worker",), ("backup", "x.tar.gz"), ("doctor",), ("check-config",)]
)
def test_a_database_that_cannot_be_reached_is_one_clear_line(run: Run, words: tuple[str, ...]) -> None:
    nowhere = {"REGULARS_DATABASE_URL": "postgresql+psycopg://me:pa55word@127.0.0.1:1/shop"}
    ended = run(*words, env=nowhere)
    if words == ("check-config",):  # it says what is set, which is often what is wrong
        assert ended.exit_code == 0
    else:
        assert ended.exit_code == 1
        assert "refused" in ended.output
    assert "Traceback" not in ended.output
    assert "pa55word" not in ended.output


def test_a_file_that_is_no_database_is_one_clear_line(run: Run, folder: Path) -> None:
    folder.mkdir()
    (folder / "shop.db").write_text("not a database, " * 100)
    refused = run("init")
    assert refused.exit_code == 1
    assert "not a database" in refused.stderr


def test_a_wrong_word_or_a_file_that_is_not_there_is_wrong_usage(run: Run, tmp_path: Path) -> None:
    assert run("no-such-verb").exit_code == 2
    assert run("serve", "--workers", "many").exit_code == 2
    for command in (["import", "catalog"], ["import", "orders"], ["restore"]):
        assert run(*command, str(tmp_path / "nothing.csv")).exit_code == 2


def test_help_has_one_whole_line_for_each_command(run: Run) -> None:
    listed = run("--help").output.partition("Commands:")[2].strip().splitlines()
    assert len(listed) >= 13 and all(line.endswith(".") and "..." not in line for line in listed)


def test_help_lists_every_verb_without_building_the_shop(run: Run) -> None:
    shown = run("--help", env={"REGULARS_CURRENCY": "nonsense"})
    assert shown.exit_code == 0
    for verb in ("init", "serve", "worker", "doctor", "backup", "restore", "routes", "check-config"):
        assert f"  {verb} " in shown.output


Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "shop"


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`regulars` in this process, on an instance of its own."""
    base = {"REGULARS_INSTANCE": str(folder), "REGULARS_MODE": "test", "REGULARS_LOG_FORMAT": "json"}

    def invoke(*words: str, env: dict[str, str] | None = None) -> Any:
        outcome = CliRunner().invoke(main, list(words), env={**base, **(env or {})})
        if outcome.exception is not None and not isinstance(outcome.exception, SystemExit):
            raise outcome.exception
        return outcome

    return invoke
