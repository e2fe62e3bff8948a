"""The files at the top of the project say what they should, and agree with each other."""

import shutil
import tomllib
from itertools import chain
from pathlib import Path

import dagster as dg
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCKS = ["requirements.lock", ".ci/pandas2.lock"]


def direct_requirements() -> list[Requirement]:
    project = PYPROJECT["project"]
    lines = chain(project["dependencies"], *project["optional-dependencies"].values())
    return [requirement for requirement in map(Requirement, lines) if requirement.name != project["name"]]


def locked(path: str) -> dict[str, Version]:
    pins = (line.split(";")[0].rstrip(" \\") for line in (ROOT / path).read_text("utf-8").splitlines() if "==" in line)
    return {name: Version(version) for name, version in (pin.split("==") for pin in pins)}


@pytest.mark.parametrize("requirement", direct_requirements(), ids=lambda requirement: requirement.name)
def test_the_lock_satisfies_every_requirement(requirement):
    pinned = locked("requirements.lock")[requirement.name.lower().replace(".", "-")]

    assert requirement.specifier.contains(pinned)


@pytest.mark.parametrize("path", LOCKS)
def test_a_lock_pins_by_hash_and_names_no_host(path):
    text = (ROOT / path).read_text("utf-8")

    assert text.count("--hash=sha256:") >= text.count("==") > 0
    assert "://" not in text


def test_the_second_environment_has_the_oldest_supported_pandas():
    oldest = next(requirement for requirement in direct_requirements() if requirement.name == "pandas")

    pinned = locked(".ci/pandas2.lock")["pandas"]

    assert oldest.specifier.contains(pinned)
    assert not oldest.specifier.contains(Version(f"{pinned.major}.{pinned.minor - 1}"))


@pytest.fixture
def instance(tmp_path, monkeypatch):
    shutil.copy(ROOT / "dagster.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        yield instance


def test_the_instance_frees_what_a_killed_run_held(instance):
    assert instance.run_monitoring_enabled
    assert instance.run_monitoring_settings["free_slots_after_run_end_seconds"] == 300
    assert instance.run_monitoring_max_runtime_seconds > 0


def test_the_instance_retries_crashes_but_not_failures(instance):
    assert instance.run_retries_enabled
    assert instance.run_retries_max_retries == 2
    assert instance.run_retries_retry_on_asset_or_op_failure is False


def test_the_instance_limits_pools_and_runs(instance):
    concurrency = instance.get_concurrency_config()

    assert concurrency.pool_config.default_pool_limit == 1
    assert concurrency.pool_config.pool_granularity.value == "op"
    assert concurrency.run_queue_config.max_concurrent_runs == 2


def test_the_instance_keeps_everything_under_data_and_sends_no_telemetry(instance, tmp_path):
    @dg.asset
    def nothing() -> None: ...

    dg.materialize([nothing], instance=instance)

    assert not instance.telemetry_enabled
    assert {path.name for path in tmp_path.iterdir()} == {"dagster.yaml", "data"}
    assert {path.name for path in (tmp_path / "data").iterdir()} == {"dagster"}


def test_the_workspace_and_the_project_name_the_same_definitions():
    workspace = yaml.safe_load((ROOT / "workspace.yaml").read_text("utf-8"))
    (entry,) = workspace["load_from"]

    assert entry["python_module"]["module_name"] == PYPROJECT["tool"]["dagster"]["module_name"]
    assert (
        PYPROJECT["tool"]["dg"]["project"]["code_location_target_module"] == PYPROJECT["tool"]["dagster"]["module_name"]
    )
