"""The scripts of ``benchmarks/`` run, and the fuzzer finds what it is there to find."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
EXAMPLES = Path(__file__).parent / "determination" / "fixtures" / "authored" / "dev"


@pytest.fixture
def fuzzer(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module("fuzz_determination")


def test_a_finding_is_cut_down_to_what_shows_it(fuzzer):
    raw = b"From: a@b.example\nX: left here\n\n" + b"a line\n" * 50 + b"and right"

    assert fuzzer.reduced(raw, lambda shorter: b"left" in shorter and b"right" in shorter) == b"leftright"


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (("insert", 0.5, b"x", 3), b"abxxxcd"),
        (("replace", 0.5, b"x", 1), b"abxd"),
        (("delete", 0.25, b"", 2), b"ad"),
        (("repeat", 0.75, b"", 1), b"abc" + b"d" * 20 + b"d"),
        (("splice", 0.5, b"1234", 2), b"ab34"),
    ],
)
def test_edits(fuzzer, edit, expected):
    assert fuzzer.edited(b"abcd", [edit]) == expected


def test_one_defect_is_one_kind_whatever_its_values(fuzzer):
    kinds = {fuzzer.kind_of(f"evidence is not in the message: {value!r}") for value in ("a", "b", 'c"d')}

    assert kinds == {"evidence is not in the message"}
    assert fuzzer.kind_of("took 1.2 s of processor time") == fuzzer.kind_of("took 31.0 s of processor time")


def test_what_raises_is_a_finding(fuzzer, monkeypatch):
    def raising(raw: bytes) -> list[str]:
        raise LookupError("unknown encoding: x")

    monkeypatch.setattr(fuzzer, "broken_invariants", raising)

    [finding] = fuzzer.examine(b"From: a@b.example\n\nhello")
    assert finding == "LookupError raised in raising of test_benchmarks.py: 'unknown encoding: x'"


@pytest.mark.slow
def test_the_fuzzer_reads_for_a_time_and_counts(tmp_path):
    command = [sys.executable, BENCHMARKS / "fuzz_determination.py", "--seconds", "10", "--out", tmp_path, EXAMPLES]
    printed = subprocess.run(command, capture_output=True, text=True, check=False)

    inputs = int(printed.stdout.splitlines()[-1].split(" inputs in ")[0])
    assert inputs > 50
    assert printed.returncode == bool(list(tmp_path.glob("*.eml")))


@pytest.mark.slow
def test_the_benchmark_prints_every_row_and_the_versions():
    command = [sys.executable, BENCHMARKS / "determination.py", "--messages", "20", "--rounds", "1"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    below_floor = subprocess.run([*command, "--least-ratio", "9"], capture_output=True, text=True, check=False)

    assert below_floor.returncode == 1
    assert "the floor is 9" in below_floor.stdout
    assert printed.count("the engine: ") == 4
    for reader in ("compat32", "policy.default", "flufl.bounce", "mail-parser-reply", "straightforward port"):
        assert reader in printed
    assert f"Python {sys.version.split()[0]}" in printed


@pytest.mark.slow
def test_the_benchmark_of_the_ledger_measures_both_databases():
    command = [sys.executable, BENCHMARKS / "ledger.py", "--rows", "1000", "--sizes", "0", "100000"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert printed.count("SQLite      ledger of") == 2
    assert printed.count("PostgreSQL  ledger of") == 2
    assert "beside the largest ledger / beside the first" in printed.splitlines()[-1]
