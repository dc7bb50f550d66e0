"""One parent for the web processes and the worker: starts them, brings them back, takes them along.

It holds the listening socket, so that a port that is taken is known at once, and so that connections wait
instead of being refused while the web processes come back.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from storefront.core import settings as shop_settings
from storefront.core.errors import SetupError
from storefront.core.metrics import SHARED_FOLDER
from storefront.core.serving.processes import run_folder, running
from storefront.core.settings import Settings

BEAT = 0.1
LONGEST_PAUSE = 2.0  # between restarts of a child that keeps dying
STEADY = 10.0  # a child that lived so long is well
PATIENCE = 25.0  # for children to end by themselves
POSIX = os.name == "posix"
# A web process answers one request at a time: threads of the linear algebra would only wait for each other.
ONE_THREAD = {name: "1" for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}


@dataclass(frozen=True)
class Plan:
    """What `regulars serve` was asked for."""

    host: str
    port: int
    workers: int | None
    worker: bool
    server: str


@dataclass
class Child:
    """A process that is to be there."""

    name: str
    command: list[str]
    environ: dict[str, str]
    handles: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    start_at: float = 0.0
    quick_deaths: int = field(default=0)

    def start(self) -> None:
        """Start it in a process group of its own: Ctrl-C reaches the supervisor, which tells the others."""
        more: dict[str, Any] = {"process_group": 0, "pass_fds": self.handles} if POSIX else {}
        self.process = subprocess.Popen(self.command, env=self.environ, stdin=subprocess.DEVNULL, **more)
        self.started = time.monotonic()

    def ended(self) -> int | None:
        """Its exit status once it is gone, with whatever it left behind."""
        if self.process is None:
            return None
        if POSIX and self.process.returncode is None and _is_gone(self.process.pid):
            _signal_group(self.process.pid, signal.SIGKILL)  # before reaping: the id is still its own
        return self.process.poll()

    def plan_restart(self) -> None:
        """At once the first time, then twice as late each time until it stays."""
        lived = time.monotonic() - self.started
        self.quick_deaths = self.quick_deaths + 1 if lived < STEADY else 0
        pause = min(LONGEST_PAUSE, 0.1 * 2**self.quick_deaths) if self.quick_deaths else 0.0
        self.process = None
        self.start_at = time.monotonic() + pause

    def stop(self, deadline: float) -> None:
        """Wait until it has ended; at the deadline end its whole group."""
        if self.process is None:
            return
        while self.ended() is None and time.monotonic() < deadline:
            time.sleep(BEAT / 2)
        if self.process.returncode is None:
            _signal_group(self.process.pid, signal.SIGKILL) if POSIX else self.process.kill()
            self.process.wait()


def _is_gone(pid: int) -> bool:
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _signal_group(pid: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


class Supervisor:
    """Keeps the children alive until it is told to stop."""

    def __init__(self, web: Child, worker: Child | None, ready: int, announce: str) -> None:
        self.web, self.worker, self.ready, self.announce = web, worker, ready, announce
        self.stopping = threading.Event()

    def run(self) -> int:
        """Serve until SIGINT or SIGTERM; returns the exit status."""
        for number in ("SIGINT", "SIGTERM", "SIGHUP"):
            if hasattr(signal, number):
                signal.signal(getattr(signal, number), lambda *_: self.stopping.set())
        self.web.start()
        try:
            status = self._wait_until_ready()
            if status is not None:
                return status
            click.echo(self.announce)
            if self.worker is not None:
                self.worker.start()
            while not self.stopping.wait(BEAT):
                for child in self._children():
                    self._look_after(child)
            return 0
        finally:
            self._stop_all()

    def _children(self) -> list[Child]:
        return [child for child in (self.web, self.worker) if child is not None]

    def _wait_until_ready(self) -> int | None:
        """None once the web processes are up; an exit status when they never came up, or we were stopped."""
        os.set_blocking(self.ready, False)
        while not self.stopping.wait(BEAT):
            if _has_byte(self.ready):
                return None
            status = self.web.ended()
            if status is not None:
                return status if status > 0 else 1
        return 0

    def _look_after(self, child: Child) -> None:
        if child.process is None:
            if time.monotonic() >= child.start_at:
                child.start()
            return
        status = child.ended()
        if status is not None:
            click.echo(f"regulars: the {child.name} ended ({_ending(status)}); starting it again", err=True)
            child.plan_restart()

    def _stop_all(self) -> None:
        deadline = time.monotonic() + PATIENCE
        for child in self._children():
            if child.process is not None and child.process.poll() is None:
                child.process.terminate()
        for child in self._children():
            child.stop(deadline)


def _has_byte(handle: int) -> bool:
    try:
        return bool(os.read(handle, 1))
    except BlockingIOError:
        return False


def _ending(status: int) -> str:
    return signal.Signals(-status).name if status < 0 else f"status {status}"


# --- from plan to processes -------------------------------------------------------------------------------


def supervise(plan: Plan) -> None:
    """Serve as planned and end this process. Raises SetupError before anything was started."""
    settings = shop_settings.load()
    listener = _listen(plan.host, plan.port)
    host, port = listener.getsockname()[:2]
    environ = _environment(settings, host, port)
    reading, writing = os.pipe()
    web = _web_child(plan, settings, listener, writing, environ)
    worker = None
    if plan.worker:
        command = [sys.executable, "-P", "-m", "storefront.cli", "worker", "--parent", str(os.getpid())]
        worker = Child("background worker", command, environ)
    base_url = environ.get("REGULARS_BASE_URL", settings.base_url)
    announce = f"Serving {settings.shop_name} at {base_url} (listening on {_written(host)}:{port})"
    with running(settings.folder):
        raise SystemExit(Supervisor(web, worker, reading, announce).run())


def _web_child(
    plan: Plan, settings: Settings, listener: socket.socket, writing: int, environ: dict[str, str]
) -> Child:
    server = plan.server
    if server == "auto":
        server = "gunicorn" if sys.platform == "linux" else "waitress"
    count = plan.workers or settings.workers or max(2, os.cpu_count() or 1)
    handles = (listener.fileno(), writing)
    command = [sys.executable, "-P", "-m", "storefront.core.serving.web", server, str(count)]
    command += [str(handles[0]), str(handles[1]), str(os.getpid())]
    return Child("web server", command, {**ONE_THREAD, **environ}, handles)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise SetupError(
            f"cannot listen on {_written(host)}:{port}: {error.strerror or error}; "
            "stop what uses that port or choose another with --port"
        ) from None
    listener.listen(2048)
    return listener


def _written(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _environment(settings: Settings, host: str, port: int) -> dict[str, str]:
    environ = {**os.environ, "REGULARS_INSTANCE": str(settings.folder)}
    if _goes_where_it_is_served(settings):
        shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else _written(host)  # noqa: S104 - read, not bound
        environ["REGULARS_BASE_URL"] = f"http://{shown}:{port}"
    environ[SHARED_FOLDER] = str(_fresh_folder(run_folder(settings.folder) / f"metrics-{port}"))
    return environ


def _goes_where_it_is_served(settings: Settings) -> bool:
    """Whether the shop has no address of its own: none is set, or the one that building a demo wrote down."""
    source = shop_settings.source_of("base_url", settings.folder)
    local = urlsplit(settings.base_url).hostname in shop_settings.LOOPBACK
    return source == "default" or (source == "file" and settings.mode == "demo" and local)


def _fresh_folder(path: Path) -> Path:
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path
