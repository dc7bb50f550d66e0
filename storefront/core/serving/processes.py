"""What the processes of one shop owe each other: none outlives its parent, all show that they run."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storefront.core.errors import SetupError

PR_SET_PDEATHSIG = 1
LOCK_NAME = "running.lock"


def die_with_parent(parent: int) -> None:
    """From now on this process ends when the process `parent` does, however that happens."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    else:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    if os.getppid() != parent:  # it died before we asked
        os._exit(1)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def run_folder(instance: Path) -> Path:
    """Where running processes keep what nobody needs once they are gone."""
    folder = instance / "run"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def running(instance: Path) -> Iterator[None]:
    """Hold the instance as in use. Many may do so at once; `restore` waits for none of them and refuses."""
    with _locked(instance, exclusive=False):
        yield


@contextmanager
def alone(instance: Path) -> Iterator[None]:
    """Hold the instance for oneself. Raises SetupError while a server or worker runs on it."""
    with _locked(instance, exclusive=True):
        yield


@contextmanager
def _locked(instance: Path, *, exclusive: bool) -> Iterator[None]:
    try:
        import fcntl
    except ImportError:  # no such locks on this system; the operator is told to stop the shop first
        yield
        return
    with (run_folder(instance) / LOCK_NAME).open("w") as file:
        try:
            fcntl.flock(file, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SetupError(
                "the shop is running on this instance; stop `regulars serve` and `regulars worker` first"
                if exclusive
                else "a restore is running on this instance; wait for it to end"
            ) from None
        yield
