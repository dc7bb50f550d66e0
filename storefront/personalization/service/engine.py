"""The engine of this process: loaded once, memory-mapped, replaced when a new artifact is published."""

from __future__ import annotations

import threading
from pathlib import Path
from time import monotonic
from typing import Any

import structlog
from flask import Flask, current_app

log = structlog.get_logger(__name__)
LOOK_EVERY_SECONDS = 1.0


class EngineHolder:
    """Keeps the newest good engine. A damaged or missing artifact leaves the old one in use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.version: str | None = None
        self.engine: Any = None
        self._pointer: tuple[int, int] | None = None
        self._looked = 0.0
        self._lock = threading.Lock()

    def current(self) -> Any:
        """The engine, or None when none was ever trained. Looks for a newer one once a second."""
        moment = monotonic()
        if moment - self._looked >= LOOK_EVERY_SECONDS:
            self._looked = moment
            self._refresh()
        return self.engine

    def _refresh(self) -> None:
        pointer = _stamp(self.folder / "current")
        if pointer is None or pointer == self._pointer:
            return
        with self._lock:
            if pointer == self._pointer:
                return
            # Here, not above: processes that never recommend do not load numpy.
            from recommender.errors import BadArtifact
            from recommender.publishing import load_current

            try:
                current = load_current(self.folder)
                self.engine, self.version = current.engine, current.version
                for reason in current.skipped:
                    log.error("engine_skipped", reason=reason, used=self.version)
            except BadArtifact as error:
                log.error("engine_not_loaded", reason=str(error), kept=self.version)
            self._pointer = pointer

    def look_again(self) -> None:
        """Look for a newer engine at the next call: after training in this process."""
        self._looked = 0.0
        self._pointer = None

    def forget(self) -> None:
        """Let go of the engine in use."""
        self.engine = self.version = None
        self.look_again()


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_mtime_ns, status.st_ino)


def models_folder(app: Flask | None = None) -> Path:
    """Where artifacts are published: `models` in the instance folder."""
    settings = (app or current_app).extensions["regulars_settings"]
    return settings.folder / "models"


def holder() -> EngineHolder:
    """The holder of the running shop; made on first use."""
    extensions = current_app.extensions
    if "regulars_engine" not in extensions:
        extensions["regulars_engine"] = EngineHolder(models_folder())
        extensions.setdefault("regulars_forget", []).append(extensions["regulars_engine"].forget)
    return extensions["regulars_engine"]
