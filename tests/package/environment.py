"""Environments with an MLflow of their own, made once with uv and shared by the tests of every worker."""

from __future__ import annotations

import fcntl
import glob
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CACHE = Path(os.environ.get("AGENTRY_CACHE") or ROOT / ".agentry/cache") / "environments-test"
LOCKS = {
    "3.11.1": Path(__file__).with_name("environments") / "mlflow-3.11.1.txt",
    # echo needs nothing but mlflow, the newest that is supported.
    "3.17.2": ROOT / "agents/echo/requirements.txt",
}
OTHER_PYTHONS = ("3.10", "3.11", "3.12", "3.13")


def environment_with(mlflow: str) -> Path:
    """The interpreter of an environment that holds this version of mlflow, whole, on the Python of the tests."""
    lock = LOCKS[mlflow].read_bytes()
    name = hashlib.sha256(lock + sys.version.encode()).hexdigest()[:16]
    directory = CACHE / f"mlflow-{mlflow}-{name}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{directory.name}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not (directory / "made").exists():
            shutil.rmtree(directory, ignore_errors=True)
            uv = [str(Path(sys.executable).with_name("uv")), "--quiet"]
            subprocess.run([*uv, "venv", "--python", sys.executable, str(directory)], check=True)
            python = ["--python", str(directory / "bin/python")]
            subprocess.run([*uv, "pip", "install", *python, "-r", str(LOCKS[mlflow])], check=True)
            (directory / "made").touch()
    return directory / "bin/python"


def other_python(version: str) -> str | None:
    """An interpreter of that minor version, where the machine has one."""
    installed = sorted(glob.glob(os.path.expanduser(f"~/.pyenv/versions/{version}.*/bin/python")))
    if installed:
        return installed[-1]
    return shutil.which(f"python{version}")
