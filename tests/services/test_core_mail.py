"""Transactional mail: once written, delivered at least once and always recognisable as one."""

from __future__ import annotations

import smtplib
import socketserver
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from flask import Flask

from storefront.core import mail
from storefront.core.database import transaction
from storefront.core.doctor import examine
from storefront.core.errors import SetupError
from storefront.core.mail.transport import transport_options
from storefront.core.settings import load


def write(app: Flask, to: str = "ada@example.org", key: str = "k1", locale: str = "en") -> int | None:
    with app.app_context(), transaction() as tx:
        return mail.send(
            tx,
            "test_mail",
            to,
            locale=locale,
            context={"base_url": "https://shop.test", "version": "1"},
            dedupe_key=key,
        )


def due(app: Flask) -> int:
    with app.app_context():
        return mail.deliver_due()


@pytest.mark.both
def test_a_mail_is_delivered_once_with_both_parts(app: Flask, mailbox: Callable[[], list[Any]]) -> None:
    write(app)
    assert due(app) == 1
    assert due(app) == 0
    (message,) = mailbox()
    assert message["To"] == "ada@example.org"
    assert message["Subject"] == "A test from Regulars"
    assert "https://shop.test" in message.get_body(("plain",)).get_content()
    html = message.get_body(("html",)).get_content()
    assert "https://shop.test" in html
    assert 'style="' in html, "styles belong into the elements: mail programs drop style sheets"


@pytest.mark.both
def test_the_same_key_writes_one_mail(app: Flask, rows: Callable[..., list[Any]]) -> None:
    assert write(app, key="order-1") is not None
    assert write(app, key="order-1") is None
    assert write(app, key="order-2") is not None
    assert len(rows("SELECT id FROM mail_message")) == 2


def test_a_command_that_fails_sends_nothing(app: Flask, rows: Callable[..., list[Any]]) -> None:
    with app.app_context(), pytest.raises(ZeroDivisionError), transaction() as tx:
        mail.send(tx, "test_mail", "a@example.org", locale="en", context={}, dedupe_key="x")
        _ = 1 / 0
    assert rows("SELECT id FROM mail_message") == []


def test_the_recipient_reads_their_language(app: Flask, mailbox: Callable[[], list[Any]]) -> None:
    write(app, locale="zh")
    due(app)
    (message,) = mailbox()
    assert message["Content-Language"] == "zh-CN"
    assert "/zh/" in message.get_body(("plain",)).get_content(), "links lead to the pages in that language"


def test_a_mail_inside_a_request_does_not_change_the_pages_language(app: Flask) -> None:
    from flask_babel import get_locale

    write(app, locale="zh")
    with app.test_request_context("/"):
        before = str(get_locale())
        mail.deliver_due()
        assert str(get_locale()) == before


def test_a_process_that_died_after_sending_leaves_one_message(
    app: Flask, mailbox: Callable[[], list[Any]], clock: Any, tx: Callable[[], Any], rows: Any
) -> None:
    mail_id = write(app)
    due(app)
    with tx() as t:
        t.connection().exec_driver_sql(
            "UPDATE mail_message SET state='sending', sent_at=NULL, token='gone', lease_until=next_at"
        )
    clock.shift(timedelta(minutes=6))
    assert due(app) == 1
    assert len(mailbox()) == 1, "the same Message-ID is the same file"
    assert rows("SELECT state FROM mail_message WHERE id=:id", id=mail_id) == [("sent",)]


def test_a_late_worker_does_not_mark_what_another_took_over(app: Flask, tx: Any, clock: Any) -> None:
    from storefront.core.mail.delivery import _lease, _mark_sent

    mail_id = write(app)
    assert mail_id is not None
    with app.app_context():
        assert _lease(mail_id, "first")
        assert not _lease(mail_id, "second"), "leased"
        clock.shift(timedelta(minutes=6))
        assert _lease(mail_id, "second")
        assert not _mark_sent(mail_id, "first")
        assert _mark_sent(mail_id, "second")


def test_a_broken_template_is_tried_later_and_parked_at_last(app: Flask, clock: Any, rows: Any) -> None:
    with app.app_context(), transaction() as tx:
        mail.send(tx, "no_such", "a@example.org", locale="en", context={}, dedupe_key="x")
    pauses = []
    for _ in range(mail.MAX_ATTEMPTS):
        due(app)
        ((state,),) = rows("SELECT state FROM mail_message")
        pauses.append(state)
        assert due(app) == 0, "not before its time"
        clock.shift(timedelta(hours=2))
    assert pauses == ["new"] * (mail.MAX_ATTEMPTS - 1) + ["parked"]
    due(app)
    assert rows("SELECT attempts FROM mail_message") == [(mail.MAX_ATTEMPTS,)]
    with app.app_context():
        findings = examine(app).findings
    assert [finding.invariant for finding in findings] == ["mail_not_parked"]


def test_no_header_can_be_added_through_an_address(app: Flask, mailbox: Callable[[], list[Any]]) -> None:
    write(app, to="a@example.org\nBcc: b@example.org")
    assert due(app) == 0
    assert mailbox() == []


# --- a server ---------------------------------------------------------------------------------------------


def test_smtp_gets_the_message_and_a_refusal_is_tried_again(
    make_shop: Callable[..., Flask], smtp: SmtpServer
) -> None:
    shop = make_shop(mail_url=f"smtp://127.0.0.1:{smtp.server_address[1]}")
    write(shop, to="ada@example.org")
    smtp.refuse = True
    assert due(shop) == 0
    smtp.refuse = False
    with shop.app_context():
        clock = shop.extensions["regulars_clock"]
        clock.shift(timedelta(minutes=1))
    assert due(shop) == 1
    (message,) = [message_from_bytes(raw, policy=policy.default) for raw in smtp.received]
    with shop.app_context():
        assert message["Message-ID"] == mail.message_id("test_mail", "k1")


def test_a_server_that_drops_after_taking_the_mail_gets_it_again_under_the_same_id(
    make_shop: Callable[..., Flask], smtp: SmtpServer
) -> None:
    shop = make_shop(mail_url=f"smtp://127.0.0.1:{smtp.server_address[1]}")
    write(shop)
    smtp.drop = True
    assert due(shop) == 0
    smtp.drop = False
    shop.extensions["regulars_clock"].shift(timedelta(minutes=1))
    assert due(shop) == 1
    ids = {message_from_bytes(raw, policy=policy.default)["Message-ID"] for raw in smtp.received}
    assert len(smtp.received) == 2
    assert len(ids) == 1


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.test", {"MAIL_PORT": 25, "MAIL_USE_TLS": False, "MAIL_USE_SSL": False}),
        (
            "smtp://u%40x:p%2Fw@mail.test:587",
            {"MAIL_USE_TLS": True, "MAIL_USERNAME": "u@x", "MAIL_PASSWORD": "p/w"},
        ),
        ("smtp://mail.test:25?starttls=1", {"MAIL_USE_TLS": True}),
        ("smtps://mail.test", {"MAIL_PORT": 465, "MAIL_USE_SSL": True, "MAIL_USE_TLS": False}),
    ],
)
def test_one_url_says_how_mail_goes_out(url: str, expected: dict[str, Any], tmp_path: Any) -> None:
    found = transport_options(load({"instance": str(tmp_path), "mode": "test", "mail_url": url}))
    assert expected.items() <= found.items()


@pytest.mark.parametrize(
    ("url", "folder"),
    [
        ("file:mail", "INSTANCE/mail"),
        ("file:", "INSTANCE"),
        ("file:a/b%20c", "INSTANCE/a/b c"),
        ("file:/var/spool/shop", "/var/spool/shop"),
        ("file:///var/spool/shop", "/var/spool/shop"),
    ],
)
def test_mail_files_go_into_the_instance_or_where_an_absolute_path_says(
    url: str, folder: str, tmp_path: Any
) -> None:
    found = transport_options(load({"instance": str(tmp_path), "mode": "test", "mail_url": url}))
    assert found["MAIL_FILE_PATH"] == folder.replace("INSTANCE", str(tmp_path))


def test_a_folder_written_like_a_host_is_refused(tmp_path: Any) -> None:
    with pytest.raises(SetupError, match="file:FOLDER"):
        transport_options(load({"instance": str(tmp_path), "mode": "test", "mail_url": "file://mail"}))


class SmtpServer(socketserver.ThreadingTCPServer):
    """As much of SMTP as it takes to receive, to refuse, and to hang up at the worst moment."""

    allow_reuse_address = True
    daemon_threads = True
    refuse = drop = False

    def __init__(self) -> None:
        self.received: list[bytes] = []
        super().__init__(("127.0.0.1", 0), SmtpSession)


class SmtpSession(socketserver.StreamRequestHandler):
    server: SmtpServer

    def handle(self) -> None:
        self.say("220 test")
        while line := self.rfile.readline():
            word = line[:4].upper().strip()
            if word == b"DATA":
                if not self.take():
                    return
            elif word == b"MAIL" and self.server.refuse:
                self.say("451 later")
            elif word == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def take(self) -> bool:
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line)
        self.server.received.append(b"".join(lines))
        if self.server.drop:
            return False
        self.say("250 taken")
        return True

    def say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_the_double_speaks_smtp(smtp: SmtpServer) -> None:
    with smtplib.SMTP("127.0.0.1", smtp.server_address[1]) as connection:
        connection.sendmail("a@b.c", ["d@e.f"], "Subject: x\r\n\r\nhello")
    assert smtp.received
