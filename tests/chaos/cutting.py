"""A shop that answers on a port, and a line to it that is cut once the shop has answered."""

from __future__ import annotations

import http.client
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.chaos.shoppers import HOST, AtTheEnd

PATIENCE = 60.0


class _Quiet(WSGIRequestHandler):
    def log_request(self, *_any: object) -> None:
        """Nobody reads this."""


class CuttingLine:
    """Passes requests on to `port`; of each answer it passes on `share`, and then hangs up on the browser."""

    def __init__(self, port: int) -> None:
        self.target, self.share = port, 0.0
        self.answered: list[bytes] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def close(self) -> None:
        """Stop listening."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(PATIENCE)

    def _serve(self) -> None:
        while True:
            try:
                browser, _address = self.listener.accept()
            except OSError:
                return
            with browser, socket.create_connection(("127.0.0.1", self.target), PATIENCE) as shop:
                shop.sendall(_request(browser))
                answer = b""
                while part := shop.recv(65536):
                    answer += part
                self.answered.append(answer)
                browser.sendall(answer[: int(len(answer) * self.share)])
                # Hang up with a reset, as a line that breaks does.
                browser.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _request(browser: socket.socket) -> bytes:
    """A whole request: its head, and as much as that announces."""
    text = b""
    while b"\r\n\r\n" not in text:
        text += browser.recv(65536)
    head, _gap, body = text.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    while len(body) < length:
        body += browser.recv(65536)
    return head + b"\r\n\r\n" + body


@contextmanager
def served(app: Flask) -> Iterator[tuple[int, CuttingLine]]:
    """The shop on a port of its own, and a line to it that is cut."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    line = CuttingLine(server.server_port)
    try:
        yield server.server_port, line
    finally:
        line.close()
        server.shutdown()
        thread.join(PATIENCE)
        server.server_close()


def send(port: int, end: AtTheEnd) -> tuple[int, str] | None:
    """The last form, sent over a real line: (status, where it leads), or None when the line broke."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    cookies = "; ".join(f"{name}={value}" for name, value in end.cookies.items())
    headers = {
        "Host": HOST,
        "Cookie": cookies,
        "Content-Type": "application/x-www-form-urlencoded",
        "Connection": "close",
    }
    try:
        connection.request("POST", "/checkout/payment", urlencode(end.form), headers)
        answer = connection.getresponse()
        answer.read()
    except (http.client.HTTPException, OSError):
        return None
    finally:
        connection.close()
    return answer.status, answer.getheader("Location") or ""
