from __future__ import annotations

import asyncio
import fcntl
from pathlib import Path

import pytest

from agentry.clock import FakeClock, RealClock
from agentry.sandbox.serving.environments import MARKER, BuildFailed, Environments, Requirements
from agentry.sandbox.serving.pythons import Python, own

PYTHON = Python((3, 11, 7), Path("/usr/bin/python3.11"))


def requirements(directory: Path, text: str = "", *, constraints: str | None = None, python: str = "") -> Requirements:
    directory.mkdir(exist_ok=True)
    (directory / "requirements.txt").write_text(text)
    if constraints is not None:
        (directory / "constraints.txt").write_text(constraints)
    return Requirements(directory, python)


def test_the_digest_is_of_requirements_and_python(tmp_path: Path) -> None:
    digest = requirements(tmp_path / "a", "mlflow==3").digest(PYTHON)
    assert requirements(tmp_path / "b", "mlflow==3").digest(PYTHON) == digest
    assert requirements(tmp_path / "c", "mlflow==3").digest(Python((3, 11, 9), Path("/p"))) == digest
    others = [
        requirements(tmp_path / "d", "mlflow==4").digest(PYTHON),
        requirements(tmp_path / "e", "mlflow==3", constraints="x<2").digest(PYTHON),
        requirements(tmp_path / "f", "mlflow==3").digest(Python((3, 12, 7), Path("/p"))),
    ]
    assert len({digest, *others}) == 4


def test_hashes_are_noticed(tmp_path: Path) -> None:
    assert requirements(tmp_path, "a==1 --hash=sha256:00").has_hashes
    assert not requirements(tmp_path, "a==1").has_hashes


class Known(Environments):
    """Environments that know the machine's Pythons already."""

    def __init__(self, cache: Path) -> None:
        super().__init__(cache, RealClock())
        self._pythons = [own()]


def finished(cache: Path, what: Requirements) -> Path:
    directory = cache / "environments" / what.digest(own())
    (directory / "bin").mkdir(parents=True)
    (directory / "bin" / "python").touch()
    (directory / MARKER).touch()
    return directory


async def test_one_that_is_there_is_used(tmp_path: Path) -> None:
    what = requirements(tmp_path / "model", "mlflow==3")
    directory = finished(tmp_path, what)
    said: list[str] = []
    assert await Known(tmp_path).ready(what, said.append) == directory / "bin" / "python"
    assert said[-1].endswith("is in the cache.")


async def test_another_python_than_wanted_is_said(tmp_path: Path) -> None:
    what = requirements(tmp_path / "model", python="3.2.1")
    finished(tmp_path, what)
    said: list[str] = []
    await Known(tmp_path).ready(what, said.append)
    assert said[0] == f"Python {own()}; the model was logged with 3.2.1, and this is the nearest on this machine."


async def test_a_build_of_another_process_is_waited_for(tmp_path: Path) -> None:
    what = requirements(tmp_path / "model")
    said: list[str] = []

    class Waiting(FakeClock):
        async def sleep(self, seconds: float) -> None:
            finished(tmp_path, what)
            fcntl.flock(lock, fcntl.LOCK_UN)
            await super().sleep(seconds)

    environments = Known(tmp_path)
    environments._clock = Waiting()
    (tmp_path / "environments").mkdir()
    with (tmp_path / "environments" / f"{what.digest(own())}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        await environments.ready(what, said.append)
    assert "Another process is making this environment; waiting for it." in said


@pytest.mark.process
async def test_it_is_made_once_and_anew_when_it_was_cut_short(tmp_path: Path) -> None:
    what = requirements(tmp_path / "model")
    said: list[str] = []
    environments = Known(tmp_path)
    first, second = await asyncio.gather(
        environments.ready(what, said.append), Known(tmp_path).ready(what, said.append)
    )
    assert first == second
    assert first.exists()
    assert sum(line.startswith("$ uv venv") for line in said) == 1
    (first.parent.parent / MARKER).unlink()
    await environments.ready(what, said.append)
    assert sum(line.startswith("$ uv venv") for line in said) == 2


@pytest.mark.process
@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("./nowhere-0.0.1-py3-none-any.whl\n", "nowhere"),
        ("no-hash==1\nhashed==1 --hash=sha256:" + "0" * 64, "hash"),
    ],
    ids=["not there", "without a hash"],
)
async def test_a_package_that_can_not_be_installed(tmp_path: Path, text: str, why: str) -> None:
    said: list[str] = []
    with pytest.raises(BuildFailed) as failed:
        await Known(tmp_path / "cache").ready(requirements(tmp_path / "model", text), said.append)
    assert why in failed.value.what
    assert any(why in line for line in said)
    assert not list((tmp_path / "cache").rglob(MARKER))
