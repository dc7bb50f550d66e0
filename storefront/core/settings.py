"""Every setting of a shop: name, type, default, meaning. The environment wins over the instance's file."""

from __future__ import annotations

import os
import secrets
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from storefront.core.clock import Clock
from storefront.core.database import derived_journal_url
from storefront.core.errors import SetupError
from storefront.core.money import currency_digits

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
FILE_NAME = "regulars.toml"
SECRET_NAME = "secret.key"  # noqa: S105 - a file name
MODES = ("production", "demo", "test")
PREFIX = "REGULARS_"


def _setting(default: Any, meaning: str, **more: Any) -> Any:
    return field(default=default, metadata={"meaning": meaning, **more})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The shop's settings, read once at start. Each is `REGULARS_<NAME>` in the environment."""

    instance: str = _setting(
        "instance", "Folder for databases, uploads, models, mail files and the settings file."
    )
    mode: str = _setting(
        "production", "`production`, `demo` or `test`. Written by `regulars demo` into the instance."
    )
    database_url: str = _setting(
        "",
        "Database of the shop. Empty: an SQLite file in the instance folder. PostgreSQL: `postgresql+psycopg://user:password@host/name`.",
        secret=True,
    )
    journal_url: str = _setting(
        "",
        "Database of behaviour. Empty: a file beside an SQLite shop, or the schema `regulars_journal` of the same PostgreSQL database.",
        secret=True,
    )
    redis_url: str = _setting(
        "",
        "Redis for jobs and counted tries. Empty: a file in the instance folder and the database.",
        secret=True,
    )
    secret_key: str = _setting(
        "",
        "Signs cookies and links; at least 32 random bytes. Empty: made once and kept in the instance folder, readable by its user only.",
        secret=True,
    )
    secret_key_fallbacks: str = _setting(
        "", "Earlier keys, separated by commas, still accepted while a key is being changed.", secret=True
    )
    base_url: str = _setting(
        "http://127.0.0.1:5000",
        "The shop's address as its visitors see it; used in mails, feeds and canonical links. Cookies are Secure exactly when it is https.",
    )
    trusted_hosts: str = _setting(
        "",
        "Host names that are answered, separated by commas. Empty: the host of the base URL, and loopback names outside production.",
    )
    proxy_count: int = _setting(
        0, "How many proxies in front of the shop may set X-Forwarded-For, -Proto and -Host."
    )
    mail_url: str = _setting(
        "file:mail",
        "`file:FOLDER` writes one .eml per message into a folder of the instance, `file:/FOLDER` anywhere; `smtp://user:password@host:port` sends.",
        secret=True,
    )
    mail_from: str = _setting("shop@localhost", "Sender of every mail.")
    clock: str = _setting(
        "", "A fixed time (ISO, with zone) or an offset in seconds (`+3600`). Refused in production."
    )
    shop_name: str = _setting(
        "Regulars", "The name of the shop, in the header, in mails and in search results."
    )
    tagline: str = _setting(
        "",
        "One line that says what the shop is; the title of the first page. One for each of `languages`, in their order, separated by `|`. Empty: the words that Regulars brings along.",
    )
    currency: str = _setting("GBP", "The one currency of the shop (ISO 4217).")
    languages: str = _setting("en,zh", "Languages of the shop, the first one without a prefix in the URL.")
    region: str = _setting("GB", "Country of the shop (ISO 3166), for the formats of money and dates.")
    page_size: int = _setting(24, "Products on one page of a category or search.")
    low_stock: int = _setting(5, "At or below so many pieces a product says how many are left.")
    log_format: str = _setting("auto", "`json`, `console`, or `auto`: JSON unless the output is a terminal.")
    metrics_token: str = _setting(
        "", "Bearer token that `/metrics` asks for. Empty: `/metrics` answers only on loopback.", secret=True
    )
    workers: int = _setting(0, "Web processes of `regulars serve`; 0: one per core, at least two.")
    train_hour: int = _setting(3, "Hour (UTC) at which the worker trains the engine each day; -1 never.")
    search_limit: str = _setting("60 per minute", "How often one address may search.")
    register_limit: str = _setting("5 per hour", "How often one address may ask for an account.")
    login_limit: str = _setting(
        "10 per 15 minutes", "How often one address may try to sign in to an account."
    )

    # --- derived ----------------------------------------------------------------------------------------

    @property
    def folder(self) -> Path:
        return Path(self.instance).resolve()

    @property
    def production(self) -> bool:
        return self.mode == "production"

    @property
    def language_codes(self) -> list[str]:
        return [code.strip() for code in self.languages.split(",") if code.strip()]

    @property
    def secure(self) -> bool:
        """Whether the shop is reached by https."""
        return urlsplit(self.base_url).scheme == "https"

    @property
    def shop_url(self) -> str:
        """Database of the shop as SQLAlchemy wants it."""
        return self.database_url or f"sqlite:///{self.folder / 'shop.db'}"

    @property
    def behaviour_url(self) -> str:
        return self.journal_url or derived_journal_url(self.shop_url, str(self.folder / "journal.db"))

    @property
    def hosts(self) -> list[str]:
        """Host names that the shop answers to."""
        named = [host.strip() for host in self.trusted_hosts.split(",") if host.strip()]
        own = urlsplit(self.base_url).hostname or "127.0.0.1"
        loopback = ["localhost", "127.0.0.1", "[::1]"]
        local = loopback if not self.production or own in LOOPBACK else []
        return sorted({*named, own, *local})


NAMES = {item.name: item for item in fields(Settings)}


def load(overrides: Mapping[str, Any] | None = None) -> Settings:
    """Read defaults, the instance's file, the environment, and `overrides`, in rising order of weight.

    Raises SetupError naming the setting and what to do about it.
    """
    values: dict[str, Any] = {}
    environment = {
        name: os.environ[PREFIX + name.upper()] for name in NAMES if PREFIX + name.upper() in os.environ
    }
    given = {**environment, **(overrides or {})}
    folder = Path(str(given.get("instance", NAMES["instance"].default)))
    values.update(read_file(folder / FILE_NAME))
    values.update(given)
    unknown = set(values) - set(NAMES)
    if unknown:
        raise SetupError(f"unknown setting {sorted(unknown)[0]!r}; docs/settings.md lists them all")
    settings = Settings(**{name: _typed(name, value) for name, value in values.items()})
    _check(settings)
    return settings


def source_of(name: str, folder: Path) -> str:
    """Where the value of a setting comes from: `environment`, `file` or `default`."""
    if PREFIX + name.upper() in os.environ:
        return "environment"
    return "file" if name in read_file(folder / FILE_NAME) else "default"


def write_file(folder: Path, values: Mapping[str, Any]) -> None:
    """Write the instance's settings file (TOML), keeping what it already says and `values` leaves out."""
    folder.mkdir(parents=True, exist_ok=True)
    merged = {**read_file(folder / FILE_NAME), **values}
    lines = [f"{name} = {_toml(value)}" for name, value in sorted(merged.items())]
    target = folder / FILE_NAME
    scratch = target.with_suffix(".tmp")
    scratch.write_text("# Settings of this shop; docs/settings.md explains each.\n" + "\n".join(lines) + "\n")
    scratch.replace(target)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def read_file(path: Path) -> dict[str, Any]:
    """What a settings file says; empty when there is none. Raises SetupError for one that is not TOML."""
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SetupError(f"{path} cannot be read as TOML: {error}") from error


def _typed(name: str, value: Any) -> Any:
    if NAMES[name].type in ("int", int):
        try:
            return int(value)
        except (TypeError, ValueError):
            raise SetupError(f"{PREFIX}{name.upper()} must be a whole number, not {value!r}") from None
    if not isinstance(value, (str, Path)):
        raise SetupError(f"{PREFIX}{name.upper()} must be text, not {value!r}")
    return str(value)


def _check(settings: Settings) -> None:
    if settings.mode not in MODES:
        raise SetupError(f"REGULARS_MODE must be one of {', '.join(MODES)}, not {settings.mode!r}")
    if not 1 <= settings.page_size <= 200:
        raise SetupError(f"REGULARS_PAGE_SIZE must lie between 1 and 200, not {settings.page_size}")
    try:
        currency_digits(settings.currency)
    except ValueError as error:
        raise SetupError(f"REGULARS_CURRENCY: {error}") from None
    if not settings.language_codes or set(settings.language_codes) - {"en", "zh"}:
        raise SetupError("REGULARS_LANGUAGES may hold en and zh, separated by a comma")
    _check_urls(settings)
    _check_clock(settings)
    _check_secret(settings)


def _check_urls(settings: Settings) -> None:
    url = urlsplit(settings.base_url)
    if url.scheme not in {"http", "https"} or not url.hostname:
        raise SetupError(f"REGULARS_BASE_URL must be an http or https address, not {settings.base_url!r}")
    if settings.production and url.scheme == "http" and url.hostname not in LOOPBACK:
        raise SetupError("REGULARS_BASE_URL must be https in production (http is for loopback only)")
    if not settings.mail_url.startswith(("file:", "smtp:", "smtps:")):
        raise SetupError("REGULARS_MAIL_URL must start with file:, smtp: or smtps:")


def _check_clock(settings: Settings) -> None:
    if settings.clock and settings.production:
        raise SetupError("REGULARS_CLOCK moves the shop's time and is refused in production")
    try:
        Clock.from_setting(settings.clock)
    except ValueError as error:
        raise SetupError(f"REGULARS_CLOCK: {error}") from None


def _check_secret(settings: Settings) -> None:
    key = settings.secret_key
    if key and (len(key.encode()) < 32 or len(set(key)) < 16):
        raise SetupError(
            "REGULARS_SECRET_KEY is too weak: give at least 32 random characters, for example "
            "from `python -c 'import secrets; print(secrets.token_urlsafe(48))'`"
        )


def secret_key(settings: Settings) -> str:
    """The signing key: from the settings, or made once and kept in the instance folder with mode 0600."""
    if settings.secret_key:
        return settings.secret_key
    path = settings.folder / SECRET_NAME
    if not path.is_file():
        _make_secret(path)
    return _read_secret(path)


def _make_secret(path: Path) -> None:
    """Put a whole key in place, so that nobody reads half of one; the key of a process that was first stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
        with suppress(FileExistsError):
            os.link(scratch, path)
    finally:
        scratch.unlink(missing_ok=True)


def _read_secret(path: Path) -> str:
    key = path.read_text().strip()
    if len(key) < 32:
        raise SetupError(f"{path} does not hold a key of 32 characters; delete it to have a new one made")
    return key
