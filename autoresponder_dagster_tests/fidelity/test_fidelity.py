"""The judge of ``make fidelity`` is no rubber stamp. (What it judges needs registries, and is not run here.)"""

import sys

import pytest
from typer.testing import CliRunner

from autoresponder_dagster_tests.fidelity import __main__ as fidelity
from autoresponder_dagster_tests.fidelity.install import RegistryUnreachableError, _run
from autoresponder_dagster_tests.fidelity.outcome import Outcome, objection
from autoresponder_dagster_tests.fidelity.world import ANSWERS, fill


@pytest.fixture
def setting(salesforce_org):
    return fill(salesforce_org)


def test_a_right_answer_in_a_right_org_is_no_objection(salesforce_org, setting):
    salesforce_org.org.update("Contact", setting["ids"][0], {"Title": "Updated"}, auto_assign=False)
    assert objection(Outcome("update", 0.1, answer=True), salesforce_org, setting) is None


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (Outcome("update", 0.1, answer=True), "1 records are not as they should be"),
        (Outcome("update", 0.1, answer=False), "answered False instead of True"),
        (Outcome("update", 0.1, error="TypeError: x"), "TypeError: x"),
        (Outcome("bulk_ingest", 0.1, answer=ANSWERS["bulk_ingest"]), "298 records are not as they should be"),
        (Outcome("collections", 0.1, answer=ANSWERS["collections"]), "249 records are not as they should be"),
    ],
    ids=["nothing was written", "wrong answer", "error", "nothing was loaded", "nothing was updated"],
)
def test_everything_else_is_one(salesforce_org, setting, outcome, reason):
    assert objection(outcome, salesforce_org, setting).startswith(reason)


def reads(cache, folder, setting):
    return [Outcome("limits", 0.1, answer=15_000), Outcome("describe", 0.1, answer=["Active", "Inactive"])]


def breaks_down(cache, folder, setting):
    yield Outcome("limits", 0.1, answer=15_000)
    raise RuntimeError("it broke down")


def cannot_be_had(cache, folder, setting):
    raise RegistryUnreachableError("npm could not reach its registry (ENOTFOUND)")


ONLY_READS = ANSWERS.keys() - {"limits", "describe"}


@pytest.mark.parametrize(
    ("clients", "code", "says"),
    [
        ([(reads, ONLY_READS)], 0, "0 failures, 0 of 1 clients skipped"),
        ([(reads, ONLY_READS), (cannot_be_had, ())], 0, "0 failures, 1 of 2 clients skipped"),
        ([(cannot_be_had, ())], 1, "0 failures, 1 of 1 clients skipped"),
        ([(reads, ONLY_READS - {"query"})], 1, "1 failures"),
        ([(breaks_down, ONLY_READS)], 1, "2 failures"),
    ],
    ids=["all well", "one skipped", "all skipped", "one not done", "broken down"],
)
def test_the_exit_code_tells(monkeypatch, clients, code, says):
    chosen = [
        fidelity.Client(run.__name__, "1.0", frozenset(lacks), is_secure=False, run=run) for run, lacks in clients
    ]
    monkeypatch.setattr(fidelity, "CLIENTS", chosen)
    app = fidelity.typer.Typer()
    app.command()(fidelity.main)
    result = CliRunner().invoke(app, [])
    assert result.exit_code == code
    assert says in result.output


def test_only_a_registry_that_cannot_be_reached_is_no_failure(tmp_path):
    pip = [sys.executable, "-m", "pip", "download", "--retries", "1", "--no-deps"]
    with pytest.raises(RegistryUnreachableError, match="could not reach its registry"):
        _run([*pip, "--index-url", "http://127.0.0.1:1/simple", "anything"], tmp_path)
    with pytest.raises(RuntimeError, match="failed"):
        _run([*pip, "no such requirement"], tmp_path)
