"""Runs jsforce and CumulusCI, each with a program of its own kind beside this module."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from autoresponder_dagster_tests.fidelity.outcome import Outcome

_HERE = Path(__file__).parent
_TIMEOUT_SECONDS = 300
_CUMULUSCI_PROJECT = """\
project:
    name: fidelity
    package:
        name: fidelity
        api_version: '{version}'
tasks:
    operations:
        class_path: {task}.Operations
"""
CUMULUSCI_TASK = _HERE / "cumulusci_task.py"


def run_jsforce(packages: Path, setting: Mapping[str, Any]) -> Iterator[Outcome]:
    """Run ``jsforce.mjs`` with the Node.js of the cache.

    Raises:
        RuntimeError: it did not come to its end.
    """
    node = packages / "node_modules" / ".bin" / "node"
    command = [str(node), str(_HERE / "jsforce.mjs"), str(packages)]
    yield from _outcomes(_output(command, packages, dict(os.environ), json.dumps(setting)))


def run_cumulusci(
    cci: Path, folder: Path, setting: Mapping[str, Any], authority: Path, task: Path = CUMULUSCI_TASK
) -> Iterator[Outcome]:
    """Run the task ``Operations`` of a file in a project made for it. CumulusCI speaks https only.

    Raises:
        RuntimeError: it did not come to its end.
    """
    home, project = folder / "home", folder / "project"
    (home / ".cumulusci").mkdir(parents=True)
    project.mkdir()
    # Somebody has just looked for a newer version.
    (home / ".cumulusci" / "cumulus_timestamp").write_text(str(time.time()), encoding="utf-8")
    (project / "cumulusci.yml").write_text(_CUMULUSCI_PROJECT.format(task=task.stem, **setting), encoding="utf-8")
    (project / "setting.json").write_text(json.dumps(setting), encoding="utf-8")
    shutil.copy(task, project)
    org = {
        "access_token": setting["access_token"],
        "instance_url": setting["url"],
        "id": f"{setting['url']}/id/{setting['org_id']}/{setting['user_id']}",
        "username": setting["username"],
    }
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "CUMULUSCI_DISABLE_REFRESH": "1",
        "CUMULUSCI_KEY": "0123456789abcdef",
        "CUMULUSCI_ORG_emulated": json.dumps(org),
        "REQUESTS_CA_BUNDLE": str(authority),
    }
    # CumulusCI works in a repository only, and reads the name of the project off its origin.
    for arguments in (["init"], ["remote", "add", "origin", "https://git.example/fidelity/fidelity.git"]):
        _output(["git", *arguments], project, environment)
    _output([str(cci), "task", "run", "operations", "--org", "emulated"], project, environment)
    yield from _outcomes((project / "outcomes.jsonl").read_text(encoding="utf-8"))


def _output(command: list[str], folder: Path, environment: Mapping[str, str], text: str = "") -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        check=False,
        input=text,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_SECONDS,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{Path(command[0]).name} failed: {(done.stdout + done.stderr)[-2000:]}")
    return done.stdout


def _outcomes(lines: str) -> Iterator[Outcome]:
    for line in lines.splitlines():
        yield Outcome(**json.loads(line))
