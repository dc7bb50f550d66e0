"""The engine of this process: loaded once, memory-mapped, replaced when a new artifact is published."""

from __future__ import annotations

import threading
from pathlib import Path
from time import monotonic
from typing import Any

import structlog
from flask import Flask, current_app

from storefront.core.metrics import count

log = structlog.get_logger(__name__)
LOOK_EVERY_SECONDS = 1.0


class EngineHolder:
    """Keeps the newest good engine. A damaged or missing artifact leaves the old one in use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.version: str | None = None
        self.engine: Any = None
        self.trouble = "none"  # why there is no engine: none was trained, or what is there is unusable
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
        # Without a pointer, what is there still counts.
        pointer = _stamp(self.folder / "current") or _stamp(self.folder)
        if pointer is None or pointer == self._pointer:
            return
        with self._lock:
            if pointer == self._pointer:
                return
            # Here, not above: processes that never recommend do not load numpy.
            from recommender.errors import BadArtifact, NoArtifact
            from recommender.publishing import load_current
            from storefront.personalization.service.fitness import check_fits

            # What was checked when it was taken is not worse than an older one: it stays.
            held = self.version
            try:
                current = load_current(self.folder, check_fits)
                self._take(current.engine, current.version, current.skipped, held)
            except NoArtifact:
                self.trouble = "none"
            except (BadArtifact, OSError) as error:
                self.trouble = "unusable"
                count("models", outcome="refused")
                log.error("engine_not_loaded", reason=str(error), kept=held)
            self._pointer = pointer

    def _take(self, engine: Any, version: str, skipped: tuple[str, ...], held: str | None) -> None:
        for reason in skipped:
            count("models", outcome="refused")
            log.error("engine_skipped", reason=reason, used=held or version)
        if skipped and held is not None:
            return
        count("models", outcome="taken")
        self.engine, self.version = engine, version

    def look_again(self) -> None:
        """Look for a newer engine at the next call: after training in this process."""
        self._looked = 0.0
        self._pointer = None

    def forget(self) -> None:
        """Let go of the engine in use."""
        self.engine = self.version = None
        self.trouble = "none"
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
