"""The faults themselves: each applies to the code as it is, and the runner tells a survivor."""

from __future__ import annotations

import subprocess

import pytest

from tests.faults import run
from tests.faults.run import Fault, Verdict, faults, judge, read, table
from tests.house.source import ROOT


def test_there_are_enough_and_each_says_what_it_breaks():
    found = faults()
    assert len(found) >= 8
    assert len({fault.breaks for fault in found}) == len(found)


@pytest.mark.parametrize("fault", faults(), ids=lambda fault: fault.name)
def test_a_fault_applies_to_the_code_as_it_is(fault):
    command = ["git", "apply", "--check", "--recount", "-C1", str(fault.path)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize(
    "text", ["--- a/x\n+++ b/x\n", "# Breaks: much\n", "# Breaks: x\n# Tests: tests/no_such.py\n"]
)
def test_a_patch_without_its_remarks_is_refused(tmp_path, text):
    path = tmp_path / "planted.patch"
    path.write_text(text)
    with pytest.raises(ValueError, match="planted"):
        read(path)


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("return a - b", "caught"),
        ("return b + a", "SURVIVED"),
        ("return (", "no test ran"),
    ],
)
def test_the_runner_tells_what_became_of_a_fault(tmp_path, monkeypatch, line, word):
    (tmp_path / "sums.py").write_text("def total(a, b):\n    return a + b\n")
    (tmp_path / "test_sums.py").write_text(
        "from sums import total\n\ndef test_total():\n    assert total(1, 2) == 3\n"
    )
    patch = tmp_path / "planted.patch"
    patch.write_text(
        f"--- a/sums.py\n+++ b/sums.py\n@@ -1,2 +1,2 @@\n def total(a, b):\n-    return a + b\n+    {line}\n"
    )
    verdict = judge(tmp_path, Fault(patch, "the sum", ("test_sums.py",)))
    assert verdict.word.startswith(word)
    assert "a + b" in (tmp_path / "sums.py").read_text(), "taken out again"


@pytest.mark.parametrize(
    ("words", "status"), [(["caught"], 0), (["caught", "SURVIVED"], 1), (["does not apply"], 2)]
)
def test_a_survivor_is_an_error(tmp_path, monkeypatch, capsys, words, status):
    verdicts = [
        Verdict(Fault(tmp_path / f"f{n}.patch", "x", ("t",)), word, 1.0) for n, word in enumerate(words)
    ]
    monkeypatch.setattr(run, "faults", lambda names: [verdict.fault for verdict in verdicts])
    monkeypatch.setattr(run, "judge_all", lambda chosen, workers: verdicts)
    assert run.main([]) == status
    assert table(verdicts) in capsys.readouterr().out
