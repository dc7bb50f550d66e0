"""Progress of long commands: a bar on a terminal, plain lines otherwise, nothing when only JSON is wanted."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[str, float], None]
LINE_EVERY = 0.1  # plain lines: one per step, and one for each tenth of the whole


@contextmanager
def progress_bar(title: str, *, quiet: bool = False) -> Iterator[Advance]:
    """Yield `advance(step, share)`: the name of the running step, and how much of the whole is done (0-1)."""
    if quiet:
        yield lambda step, share: None
    elif sys.stderr.isatty():
        yield from _bar(title)
    else:
        yield _lines(title)


def _bar(title: str) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=1.0)
        yield lambda step, share: bar.update(task, description=f"{title}: {step}", completed=share)


def _lines(title: str) -> Advance:
    last, said = "", 0.0

    def advance(step: str, share: float) -> None:
        nonlocal last, said
        if step != last or share >= said + LINE_EVERY:
            last, said = step, share
            print(f"{title}: {step} ({share:.0%})", file=sys.stderr, flush=True)  # noqa: T201

    return advance
