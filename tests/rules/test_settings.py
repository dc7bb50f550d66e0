"""Settings: defaults, the instance's file, the environment, in rising order; nonsense is named."""

from __future__ import annotations

import os
import secrets
import stat

import pytest

from storefront.core import settings
from storefront.core.errors import SetupError


@pytest.fixture(autouse=True)
def _clean(monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith("REGULARS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("REGULARS_INSTANCE", str(tmp_path))


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(monkeypatch, tmp_path):
    assert settings.load().currency == "GBP"
    settings.write_file(tmp_path, {"currency": "EUR", "page_size": 12})
    assert (settings.load().currency, settings.load().page_size) == ("EUR", 12)
    monkeypatch.setenv("REGULARS_CURRENCY", "JPY")
    assert settings.load().currency == "JPY"
    assert settings.load({"currency": "CNY"}).currency == "CNY"


def test_writing_the_file_keeps_what_it_said(tmp_path):
    settings.write_file(tmp_path, {"shop_name": 'Say "hello"', "currency": "EUR"})
    settings.write_file(tmp_path, {"currency": "GBP"})
    assert settings.load().shop_name == 'Say "hello"'


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"mode": "debug"}, "REGULARS_MODE"),
        ({"currency": "QQQ"}, "REGULARS_CURRENCY"),
        ({"languages": "en,fr"}, "REGULARS_LANGUAGES"),
        ({"languages": ""}, "REGULARS_LANGUAGES"),
        ({"base_url": "shop.test"}, "REGULARS_BASE_URL"),
        ({"base_url": "http://shop.test"}, "must be https in production"),
        ({"mail_url": "pigeon:"}, "REGULARS_MAIL_URL"),
        ({"clock": "+60"}, "refused in production"),
        ({"clock": "noon", "mode": "test"}, "REGULARS_CLOCK"),
        ({"secret_key": "short"}, "too weak"),
        ({"secret_key": "a" * 40}, "too weak"),
        ({"page_size": "many"}, "REGULARS_PAGE_SIZE"),
        ({"page_size": 0}, "REGULARS_PAGE_SIZE"),
        ({"colour": "red"}, "unknown setting 'colour'"),
    ],
)
def test_a_wrong_setting_is_named(given, word):
    with pytest.raises(SetupError, match=word):
        settings.load(given)


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / settings.FILE_NAME).write_text("currency = ")
    with pytest.raises(SetupError, match="cannot be read as TOML"):
        settings.load()


def test_the_signing_key_is_made_once_and_readable_by_its_user_only(tmp_path):
    first = settings.secret_key(settings.load())
    assert settings.secret_key(settings.load()) == first
    assert len(first) >= 32
    assert stat.S_IMODE((tmp_path / settings.SECRET_NAME).stat().st_mode) == 0o600


def test_of_two_processes_that_make_the_key_at_once_both_use_the_first(tmp_path, monkeypatch):
    """The web processes of a new shop start together: none may find a key that is not written yet."""
    make, others = secrets.token_urlsafe, []

    def be_overtaken(length):
        if not others:
            others.append("asks")
            others.append(settings.secret_key(settings.load()))
        return make(length)

    monkeypatch.setattr(secrets, "token_urlsafe", be_overtaken)
    mine = settings.secret_key(settings.load())
    assert others == ["asks", mine]
    assert [path.name for path in tmp_path.iterdir()] == [settings.SECRET_NAME]


@pytest.mark.parametrize(
    ("given", "hosts"),
    [
        ({"base_url": "https://shop.test"}, ["shop.test"]),
        ({"base_url": "https://shop.test", "trusted_hosts": "www.shop.test"}, ["shop.test", "www.shop.test"]),
        ({"mode": "demo", "base_url": "https://shop.test"}, ["127.0.0.1", "[::1]", "localhost", "shop.test"]),
    ],
)
def test_production_answers_to_its_own_names_only(given, hosts):
    assert settings.load(given).hosts == hosts


def test_the_journal_stands_beside_the_shop(tmp_path):
    assert settings.load().behaviour_url == f"sqlite:///{tmp_path / 'journal.db'}"
    url = settings.load({"database_url": "postgresql+psycopg://u:p@h/d"}).behaviour_url
    assert url.startswith("postgresql+psycopg://u:p@h/d") and "search_path" in url
