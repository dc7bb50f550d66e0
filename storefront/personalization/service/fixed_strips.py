"""The web server with fixed strips: what the engine answers first is what everybody gets from then on.

`python -m storefront.personalization.service.fixed_strips` takes the words of the web server itself; benches
compare the two. Nothing is scored, nobody is held back, no exposure is remembered.
"""

from __future__ import annotations

import sys
from typing import Any

from flask import Flask

from storefront.core.serving import web
from storefront.personalization.service import trials
from storefront.personalization.service.engine import EngineHolder, models_folder


class FixedEngine:
    """Stands for an engine and gives the same list to everybody."""

    def __init__(self, engine: Any) -> None:
        self._engine, self._said = engine, dict[tuple[str, Any], Any]()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._engine, name)
        if not callable(found) or name == "mask":
            return found
        return lambda *args, **more: self._answer(name, found, args, more)

    def _answer(self, name: str, ask: Any, args: tuple[Any, ...], more: dict[str, Any]) -> Any:
        if name != "for_customers":
            about = (name, repr(args))
            if about not in self._said:
                self._said[about] = ask(*args, **more)
            return self._said[about]
        people = list(args[0])
        key = (name, args[1] if len(args) > 1 else more.get("surface"))
        if key not in self._said:
            answers = ask(people, *args[1:], **more)
            self._said[key] = next(iter(answers.values()), [])
        return {person: self._said[key] for person in people}


class FixedHolder(EngineHolder):
    """Keeps what it loaded first."""

    def current(self) -> Any:
        """The fixed engine, or None when none was ever trained."""
        if self.engine is None:
            found = super().current()
            self.engine = FixedEngine(found) if found is not None else None
        return self.engine


def fixed_app() -> Flask:
    """The shop as it is served, with fixed strips."""
    app = _prepared()
    app.extensions["regulars_engine"] = FixedHolder(models_folder(app))
    return app


_prepared = web.prepared_app

if __name__ == "__main__":
    web.prepared_app = fixed_app
    trials.held_back = lambda *_args, **_more: {}
    trials.remember = lambda *_args, **_more: None
    web.main(sys.argv[1:])
