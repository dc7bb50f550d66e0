"""Where mails go: into files of the instance folder, or to an SMTP server."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from flask import Flask
from flask_mailman import EmailMessage, Mail
from flask_mailman.backends.base import BaseEmailBackend

from storefront.core.errors import SetupError
from storefront.core.settings import Settings

SMTP_SECONDS = 20
_NAME = re.compile(r"[^A-Za-z0-9]+")


def init_mail(app: Flask, settings: Settings) -> None:
    """Attach the transport that REGULARS_MAIL_URL names."""
    app.config.update(transport_options(settings))
    app.config["MAIL_DEFAULT_SENDER"] = settings.mail_from
    Mail().init_app(app)


def transport_options(settings: Settings) -> dict[str, Any]:
    """Flask-Mailman's settings for our one URL. Raises SetupError for an address that cannot be read."""
    url = urlsplit(settings.mail_url)
    if url.scheme == "file":
        if url.netloc:
            raise SetupError("REGULARS_MAIL_URL: write file:FOLDER, or file:/FOLDER for an absolute path")
        # Joined to an absolute path, the instance folder drops out.
        return {"MAIL_BACKEND": EmlFolder, "MAIL_FILE_PATH": str(settings.folder / unquote(url.path))}
    try:
        port = url.port or (465 if url.scheme == "smtps" else 25)
    except ValueError as error:
        raise SetupError(f"REGULARS_MAIL_URL: {error}") from None
    if not url.hostname:
        raise SetupError("REGULARS_MAIL_URL names no server; write for example smtp://mail.example.org:587")
    starttls = parse_qs(url.query).get("starttls", ["1" if port == 587 else "0"])[0]
    return {
        "MAIL_BACKEND": "smtp",
        "MAIL_SERVER": url.hostname,
        "MAIL_PORT": port,
        "MAIL_USERNAME": unquote(url.username or ""),
        "MAIL_PASSWORD": unquote(url.password or ""),
        "MAIL_USE_SSL": url.scheme == "smtps",
        "MAIL_USE_TLS": url.scheme == "smtp" and starttls not in {"0", "no", "false"},
        "MAIL_TIMEOUT": SMTP_SECONDS,
    }


class EmlFolder(BaseEmailBackend):
    """Writes one .eml file per message, named after its Message-ID: sent twice, it is still one file."""

    def send_messages(self, email_messages: list[EmailMessage]) -> int:
        folder = Path(self.mailman.file_path)
        folder.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            content = message.message().as_bytes(linesep="\r\n")
            name = _NAME.sub("-", message.extra_headers.get("Message-ID", "")).strip("-")
            scratch = folder / f".{name}.{os.getpid()}"
            scratch.write_bytes(content)
            scratch.replace(folder / f"{name}.eml")
        return len(email_messages)
