"""Opening Spark: a clear sentence when something is missing; its own log goes into a file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from recommender.errors import MissingExtra, TrainingFailed
from recommender.tables import table_of

LOCAL = "local[*]"
OLDEST_JAVA = 17
# What is ours to say; everything else belongs to spark-submit or to spark-defaults.conf.
ALWAYS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.maxResultSize": "0",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "100000",
}
ON_ONE_MACHINE = {
    "spark.driver.memory": "1g",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "8",
    "spark.sql.sources.parallelPartitionDiscovery.threshold": "100000",
}


@contextmanager
def spark_session(master: str | None = None, settings: Mapping[str, str] | None = None) -> Iterator[Any]:
    """A Spark session, stopped at the end. Without `master`: the one of spark-submit, else this machine.

    Raises MissingExtra when pyspark, pyarrow or Java is missing, TrainingFailed when Spark does not start or
    one of its jobs fails; Spark's log is kept then, and named.
    """
    require()
    if (master or "").startswith("sc://"):
        raise TrainingFailed("Spark Connect is not supported: name the master itself, or use spark-submit")
    handle, name = tempfile.mkstemp(prefix="regulars-spark-", suffix=".log")
    os.close(handle)
    log = Path(name)
    try:
        spark = _started(master, settings or {}, log)
        try:
            yield spark
        finally:
            with suppress(Exception), _complaints_into(log):
                spark.stop()
    except Exception as error:
        if not _is_sparks(error):
            log.unlink(missing_ok=True)
            raise
        raise TrainingFailed(f"Spark: {_first_line(error)} (its log: {log})") from error
    log.unlink(missing_ok=True)


def require() -> None:
    """Raises MissingExtra when pyspark, pyarrow or Java is missing, saying what to install."""
    _require_libraries()
    if not _submitted():
        _require_java()


def _submitted() -> bool:
    """Whether spark-submit started this process, and Java with it."""
    return "PYSPARK_GATEWAY_PORT" in os.environ


def _require_libraries() -> None:
    table_of()  # refuses where there is no pyarrow
    try:
        import pyspark.ml  # noqa: F401
    except ImportError as error:
        name = (error.name or "pyspark").partition(".")[0]
        raise MissingExtra(f"training on Spark needs {name}: pip install 'regulars[spark]'") from None


def _require_java() -> None:
    """Raises MissingExtra unless there is a Java that Spark can run on."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which(str(Path(home) / "bin" / "java") if home else "java")
    if java is None:
        where = f"in JAVA_HOME ({home})" if home else "on the PATH"
        raise MissingExtra(f"training on Spark needs Java {OLDEST_JAVA} or newer, and there is none {where}")
    found = subprocess.run([java, "-XshowSettings:properties", "-version"], capture_output=True, text=True)
    lines = [line.strip() for line in (found.stderr + found.stdout).splitlines()]
    named = (line for line in lines if line.startswith("java.specification.version"))
    version = next(named, "").partition("= ")[2]
    if version and float(version) < OLDEST_JAVA:
        raise MissingExtra(f"training on Spark needs Java {OLDEST_JAVA} or newer, {java} is Java {version}")


def _started(master: str | None, settings: Mapping[str, str], log: Path) -> Any:
    from pyspark.sql import SparkSession

    chosen = None if _submitted() else master or LOCAL
    builder = SparkSession.builder.appName("regulars train")
    wanted = {**ALWAYS, **(ON_ONE_MACHINE if (chosen or "").startswith("local") else {}), **settings}
    for key, value in wanted.items():
        builder = builder.config(key, value)
    if chosen:
        builder = builder.master(chosen)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    with _complaints_into(log):
        spark = builder.getOrCreate()
        spark.sparkContext.setLogLevel("ERROR")
    return spark


@contextmanager
def _complaints_into(log: Path) -> Iterator[None]:
    """What is written to stderr meanwhile goes into the log; what is started then keeps writing there."""
    sys.stderr.flush()
    kept = os.dup(2)
    with log.open("ab") as file:
        os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)


def _is_sparks(error: Exception) -> bool:
    return type(error).__module__.partition(".")[0] in {"pyspark", "py4j"}


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:300] if lines else type(error).__name__
