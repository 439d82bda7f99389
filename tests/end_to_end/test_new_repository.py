"""From a wheel to an answered question in a repository that has nothing of this one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hatch_build import CARRIED
from tests.end_to_end.project import ROOT, Project

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.process, pytest.mark.timeout(600)]

DATA = {
    "agentry/package/signatures.json",
    "agentry/provider/plugin/PulumiPlugin.yaml",
    "agentry/py.typed",
}
"""What a wheel has beside Python, apart from what `agentry new` writes."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    dist = tmp_path_factory.mktemp("dist")
    typed("python", "-m", "hatchling", "build", "-t", "wheel", "-d", str(dist), cwd=ROOT)
    (found,) = dist.iterdir()
    return found


def typed(*words: str, cwd: Path, **variables: str) -> str:
    """Run what somebody would type, with this environment's programs first on PATH; what it printed."""
    found = Path(sys.executable).parent
    environment = {**Project(cwd).environment, **variables}
    # Which virtual environment is switched on here means nothing there.
    environment.pop("VIRTUAL_ENV", None)
    environment["PATH"] = f"{found}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(
        words,
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_a_wheel_owns_one_name_and_carries_what_it_needs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {name.partition("/")[0] for name in names} == {"agentry", "agentry-0.1.0.dist-info"}
    carried = {name for name in names if name.startswith("agentry/new/carried/")}
    assert carried == {f"agentry/new/carried/{path}" for path in below(ROOT, CARRIED)}
    written = {name for name in names if name.startswith("agentry/new/files/")}
    assert written == {f"agentry/new/files/{path}" for path in below(ROOT / "agentry/new/files", ("",))}
    rest = {name for name in names if name.startswith("agentry/")} - carried - written
    assert {name for name in rest if not name.endswith(".py")} == DATA
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "agentry").rglob("*.py")}
    assert rest - DATA == {path for path in modules if not path.startswith("agentry/new/files/")}


def below(root: Path, paths: tuple[str, ...]) -> set[str]:
    """Every file that the paths name or hold."""
    return {
        file.relative_to(root).as_posix()
        for path in paths
        for file in ([root / path] if (root / path).is_file() else (root / path).rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts
    }


@pytest.fixture
def repository(wheel: Path, tmp_path: Path) -> Iterator[Path]:
    """What `agentry new` of an installed wheel wrote, away from any clone."""
    away = tmp_path / "away"
    away.mkdir()
    python = away / "installed/bin/python"
    typed("uv", "venv", "--quiet", "--python", sys.executable, "installed", cwd=away)
    locked = str(ROOT / "requirements/agentry.txt")
    typed("uv", "pip", "install", "--quiet", "--python", str(python), "--require-hashes", "-r", locked, cwd=away)
    typed("uv", "pip", "install", "--quiet", "--python", str(python), "--no-deps", str(wheel), cwd=away)
    typed(str(python), "-m", "agentry.cli", "new", "shop", "--agent", "order-desk", cwd=away)
    yield away / "shop"
    if (away / "shop/.venv/bin/agentry").exists():
        typed(".venv/bin/agentry", "sandbox", "stop", "--all", "--quiet", cwd=away / "shop")


def test_from_a_wheel_to_an_answered_question(repository: Path) -> None:
    typed("make", "setup", f"PYTHON={sys.executable}", cwd=repository)
    installed = typed(".venv/bin/python", "-c", "import agentry; print(agentry.__file__)", cwd=repository)
    assert Path(installed.strip()).is_relative_to(repository / ".venv")

    demo = typed("make", "demo", cwd=repository)
    assert "shop/local" in demo
    assert "It might be cloudy in nyc" in demo
    assert "It's always sunny in sf" in demo

    doctor = typed(".venv/bin/agentry", "doctor", cwd=repository)
    assert "missing" not in doctor
    if shutil.which("pulumi"):
        _the_cli_agrees(repository)
    assert "1 agent: 1 fine" in typed("make", "check", cwd=repository)
    # What `make test` does first; the agent's own tests are in tests/agents/test_new.py.
    program = typed(".venv/bin/python", "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=repository)
    assert "9 passed, 1 skipped" in program


def _the_cli_agrees(repository: Path) -> None:
    """Its plugin is found by the path in Pulumi.yaml, its program in .venv, and it sees nothing to do."""
    variables = {
        "PULUMI_HOME": str(repository.parent / "home"),
        "PULUMI_BACKEND_URL": f"file://{repository}/.agentry/state",
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    typed(
        "pulumi", "--non-interactive", "preview", "--stack", "local", "--expect-no-changes", cwd=repository, **variables
    )
