"""Gets the clients from their registries into a cache folder, in the versions that are pinned here.

The clients are no dependencies of the project: nothing but ``make fidelity`` needs them.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

JSFORCE, SF, NODE, CUMULUSCI = "3.10.26", "2.150.6", "22.23.3", "4.10.1"
_NPM_PACKAGES = {"jsforce": JSFORCE, "@salesforce/cli": SF, "node": NODE}
_UNREACHABLE = re.compile(
    r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT"
    r"|NewConnectionError|NameResolutionError|ConnectTimeoutError|ReadTimeoutError|ProtocolError|ProxyError"
)
_TIMEOUT_SECONDS = 900


class RegistryUnreachableError(Exception):
    """A registry did not answer, and so its clients cannot be had."""


def install_npm_packages(cache: Path) -> Path:
    """Install jsforce, the ``sf`` command line and the Node.js that it needs; returns the folder of node_modules.

    Raises:
        RegistryUnreachableError: npm could not reach its registry.
        RuntimeError: there is no npm, or it failed otherwise.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeError("npm was not found on the PATH. Install Node.js, which has it.")
    folder = cache / "npm"
    if not _is_installed(folder, _NPM_PACKAGES):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        manifest = {"private": True, "dependencies": _NPM_PACKAGES}
        (folder / "package.json").write_text(json.dumps(manifest), encoding="utf-8")
        _run([npm, "install", "--no-audit", "--no-fund", "--loglevel=error"], folder)
        _mark_installed(folder, _NPM_PACKAGES)
    return folder


def install_cumulusci(cache: Path) -> Path:
    """Install CumulusCI into an environment of its own; returns its ``cci``.

    Raises:
        RegistryUnreachableError: pip could not reach its index.
        RuntimeError: pip failed otherwise.
    """
    folder = cache / "cumulusci"
    packages = {"cumulusci": CUMULUSCI}
    if not _is_installed(folder, packages):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _run([sys.executable, "-m", "venv", str(folder)], folder)
        _run([str(folder / "bin" / "python"), "-m", "pip", "install", "-q", f"cumulusci=={CUMULUSCI}"], folder)
        _mark_installed(folder, packages)
    return folder / "bin" / "cci"


def installed_cumulusci(cache: Path) -> Path | None:
    """Return the ``cci`` that is in the cache; None where there is none."""
    folder = cache / "cumulusci"
    return folder / "bin" / "cci" if _is_installed(folder, {"cumulusci": CUMULUSCI}) else None


def _is_installed(folder: Path, packages: Mapping[str, str]) -> bool:
    marker = folder / "installed.json"
    return marker.exists() and json.loads(marker.read_text(encoding="utf-8")) == packages


def _mark_installed(folder: Path, packages: Mapping[str, str]) -> None:
    (folder / "installed.json").write_text(json.dumps(packages), encoding="utf-8")


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_SECONDS,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode == 0:
        return
    output = done.stdout + done.stderr
    if reason := _UNREACHABLE.search(output):
        raise RegistryUnreachableError(f"{Path(command[0]).name} could not reach its registry ({reason[0]})")
    raise RuntimeError(f"{' '.join(command)} failed:\n{output[-2000:]}")
