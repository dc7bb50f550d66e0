"""The background worker: queued jobs, and the loops that see to whatever a dying process left undone."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable

import structlog
from flask import Flask
from huey.consumer import Consumer

from storefront.core import events, jobs, mail
from storefront.core.jobs import DueTick
from storefront.core.serving.processes import running

PAUSE = 1.0
HEARTBEAT = 15.0
PATIENCE = 10.0  # for running jobs, when told to stop
THREADS = 2
log = structlog.get_logger(__name__)


class _Queue(Consumer):
    """Huey's consumer without its signal handlers: the worker has one way to stop."""

    def _set_signal_handlers(self) -> None:
        return None


class Worker:
    """Runs until SIGINT or SIGTERM. What fails is logged and tried again; nothing ends the loops."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.stopping = threading.Event()
        self.ticks: dict[threading.Thread, DueTick] = {}
        queue = app.extensions["regulars_jobs"].huey
        options = {"max_delay": PAUSE, "shutdown_timeout": PATIENCE}
        self.queue = _Queue(queue, workers=THREADS, periodic=False, **options)

    def run(self) -> None:
        """Work until stopped, then wait a little for what is running."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self.stopping.set())
        with running(self.app.extensions["regulars_settings"].folder):
            self._guarded(jobs.start_rhythms)
            self.queue.start()
            steps: list[Callable[[], object]] = [events.sweep, mail.deliver_due, self._tick]
            loops = [threading.Thread(target=self._loop, args=(step,), daemon=True) for step in steps]
            for loop in loops:
                loop.start()
            log.info("worker_started", pid=os.getpid())
            self._wait()
            self._stop(loops)
        log.info("worker_stopped")

    def _wait(self) -> None:
        checked = time.monotonic()
        while not self.stopping.wait(PAUSE):
            if time.monotonic() - checked > HEARTBEAT:
                self._guarded(lambda: jobs.keep_alive(list(self.ticks.values())))
                self.queue.check_worker_health()
                checked = time.monotonic()

    def _loop(self, step: Callable[[], object]) -> None:
        while not self.stopping.is_set():
            busy = self._guarded(step)
            # A full batch means that more is waiting.
            self.stopping.wait(0 if isinstance(busy, int) and busy > 0 else PAUSE)

    def _guarded(self, step: Callable[[], object]) -> object:
        """A busy or broken database costs one turn, not the worker."""
        try:
            with self.app.app_context():
                return step()
        except Exception as error:
            log.warning("worker_step_failed", step=getattr(step, "__name__", "step"), error=str(error)[:500])
            return None

    def _tick(self) -> None:
        """Each due tick gets a thread: an hour of training must not hold up what is due each minute."""
        self.ticks = {thread: tick for thread, tick in self.ticks.items() if thread.is_alive()}
        for tick in jobs.take_due_ticks():
            thread = threading.Thread(
                target=self._guarded, args=(lambda tick=tick: jobs.run_tick(tick),), daemon=True
            )
            self.ticks[thread] = tick
            thread.start()

    def _stop(self, loops: list[threading.Thread]) -> None:
        self.queue.stop(graceful=True)
        deadline = time.monotonic() + PATIENCE
        for thread in [*loops, *self.ticks]:
            thread.join(max(0.0, deadline - time.monotonic()))
        if any(thread.is_alive() for thread in self.ticks):
            log.warning("worker_left_ticks", jobs=[tick.job.name for tick in self.ticks.values()])
