"""What can go wrong, each with the data that a message or a page needs."""

from __future__ import annotations


class RecommenderError(Exception):
    """Root of every error that this package raises on purpose."""


class BadInteractions(RecommenderError):
    """The interaction table cannot be read; `column` and `row` (1 = first row below the header) say where."""

    def __init__(self, problem: str, *, column: str | None = None, row: int | None = None) -> None:
        self.problem, self.column, self.row = problem, column, row
        where = [f"column '{column}'"] if column else []
        where += [f"row {row}"] if row else []
        super().__init__(f"{', '.join(where)}: {problem}" if where else problem)


class BadArtifact(RecommenderError):
    """A stored model is damaged, foreign or of another format. Nothing of it was used."""


class NoArtifact(BadArtifact):
    """No model was ever published in this directory."""


class BadSettings(RecommenderError):
    """A setting is unknown or out of its range; `key` names it."""

    def __init__(self, problem: str, *, key: str) -> None:
        self.key = key
        super().__init__(f"setting '{key}': {problem}")


class MissingExtra(RecommenderError):
    """An optional library is needed for this step; the message says what to install."""


class TrainingFailed(RecommenderError):
    """A step that runs elsewhere did not come to its end; the message says which, and where its log is."""


class UnknownSurface(RecommenderError):
    """The surface asked for does not exist; the message lists those that do."""
