"""S0 to S10 at full length: every hostile case at every address and in every form, which a push tries a part of."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from tests.chaos.drills import Result
from tests.house.source import ROOT
from tests.security.amount import VARIABLE

FOLDER = "tests/security"
ON_POSTGRESQL = f"{FOLDER}/test_on_postgresql.py"


def everything(kind: str) -> Result:
    """The tests of `tests/security` with nothing left out; a test is a round."""
    result = Result("S everything hostile")
    chosen = [ON_POSTGRESQL] if kind == "postgresql" else [FOLDER, f"--ignore={ON_POSTGRESQL}"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rf", "--color=no", *chosen]
    answer = subprocess.run(
        command, cwd=ROOT, env={**os.environ, VARIABLE: "1"}, capture_output=True, text=True
    )
    passed = re.search(r"(\d+) passed", answer.stdout)
    for _test in range(int(passed[1]) if passed else 0):
        result.note([])
    for line in re.findall(r"^(?:FAILED|ERROR) .+$", answer.stdout, re.MULTILINE):
        result.note([line])
    if answer.returncode and not result.damage:
        result.note([answer.stdout[-500:] + answer.stderr[-500:]])
    return result
