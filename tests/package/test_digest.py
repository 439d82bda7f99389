"""One digest, whatever machine computes it. What this machine has not is varied by injection (names, modes, line ends)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentry.package import AgentSpec, read_package
from agentry.package.digest import digest_of
from agentry.resources import Resource
from tests.package.agents import RESPONSES_AGENT, write_agent
from tests.package.environment import OTHER_PYTHONS, ROOT, environment_with, other_python

if TYPE_CHECKING:
    from pathlib import Path

SITE_PACKAGES = next(path for path in sys.path if path.endswith("site-packages"))
SPEC = AgentSpec("agents/x", model_config={"b": 1, "a": [0.5, "é"]}, resources=[Resource("table", "c.s.t")])
FILES: dict[str, str | bytes] = {
    "agent.py": RESPONSES_AGENT + "# é\n",
    "requirements.txt": "mlflow==3.17.2\nhttpx<1,>=0.28 ; python_version < '3.12'\n",
    "config.yaml": "a: []\nb: 2\n",
    "lib/größe.txt": "ß\n",
    "lib/Z.py": "x = 1\n",
    "lib/a.py": "y = '\\d'\n",
    "table.bin": b"\0\r\n",
    ".gitignore": "*.tmp\n",
}
# Appended, so that what an environment has of its own comes first; and mlflow must not be imported whichever it is.
PROGRAM = """\
import sys
sys.path[len(sys.path):] = sys.argv[1:3]
from pathlib import Path
from agentry.package import AgentSpec, read_package
from agentry.resources import Resource
spec = AgentSpec("agents/x", model_config={"a": [0.5, "\\u00e9"], "b": 1.0}, resources=[Resource("table", "c.s.t")])
package = read_package(spec, Path(sys.argv[3]))
package.write(Path(sys.argv[4]))
assert not {"mlflow", "databricks", "pulumi"} & set(sys.modules), sorted(sys.modules)
print(package.digest)
"""


def elsewhere(
    root: Path, out: Path, python: str = sys.executable, shell: str = "", **environment: str
) -> tuple[str, dict[str, bytes]]:
    """The digest and the files as another process has them."""
    command = [python, "-c", PROGRAM, str(ROOT), SITE_PACKAGES, str(root), str(out)]
    if shell:
        command = ["sh", "-c", shell + ' && exec "$@"', "sh", *command]
    environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **environment}
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=out.parent, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip(), {p.relative_to(out).as_posix(): p.read_bytes() for p in out.rglob("*") if p.is_file()}


def here(root: Path) -> tuple[str, dict[str, bytes]]:
    package = read_package(SPEC, root)
    return package.digest, package.model_files


@pytest.mark.process
@pytest.mark.parametrize(
    ("shell", "environment"),
    [
        ("umask 077", {}),
        ("umask 000", {}),
        ("", {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
        ("", {"LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "1"}),
        ("", {"LC_ALL": "de_DE.ISO-8859-1", "PYTHONUTF8": "0"}),
        ("", {"TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "2"}),
        ("", {"TZ": "America/St_Johns", "SOURCE_DATE_EPOCH": "1", "HOME": "/nonexistent", "USER": "somebody"}),
    ],
)
def test_umask_locale_and_time_zone_do_not_count(tmp_path: Path, shell: str, environment: dict[str, str]) -> None:
    write_agent(tmp_path, FILES)
    assert elsewhere(tmp_path, tmp_path / "out", shell=shell, **environment) == here(tmp_path)


@pytest.mark.process
@pytest.mark.parametrize("version", OTHER_PYTHONS)
def test_another_python_computes_the_same(tmp_path: Path, version: str) -> None:
    python = other_python(version)
    if python is None:
        pytest.skip(f"this machine has no Python {version}")
    write_agent(tmp_path, FILES)
    assert elsewhere(tmp_path, tmp_path / "out", python) == here(tmp_path)


@pytest.mark.process
@pytest.mark.parametrize("mlflow", ["3.11.1", "3.17.2"])
def test_whichever_mlflow_is_installed(tmp_path: Path, mlflow: str) -> None:
    write_agent(tmp_path, FILES)
    assert elsewhere(tmp_path, tmp_path / "out", str(environment_with(mlflow))) == here(tmp_path)


@pytest.mark.parametrize("mode", [0o600, 0o755, 0o400])
def test_modes_and_times_do_not_count(tmp_path: Path, mode: int) -> None:
    directory = write_agent(tmp_path, FILES)
    before = here(tmp_path)
    for path in directory.rglob("*.*"):
        path.chmod(mode)
        os.utime(path, (mode, mode))
    assert here(tmp_path) == before


def test_a_crlf_checkout_has_the_same(tmp_path: Path) -> None:
    """As git's `core.autocrlf` makes it: text alone, also of the ignore file and of what is read of the agent."""
    write_agent(tmp_path / "lf", FILES)
    crlf = {name: text.replace("\n", "\r\n") if isinstance(text, str) else text for name, text in FILES.items()}
    write_agent(tmp_path / "crlf", crlf)
    assert here(tmp_path / "crlf") == here(tmp_path / "lf")


def test_where_the_project_lies_does_not_count(tmp_path: Path) -> None:
    write_agent(tmp_path / "a", FILES)
    write_agent(tmp_path / "b c/ü", FILES)
    assert here(tmp_path / "a") == here(tmp_path / "b c/ü")
    assert not any(str(tmp_path).encode() in data for data in here(tmp_path / "a")[1].values())


@given(
    st.dictionaries(st.text(max_size=3), st.none() | st.booleans() | st.integers() | st.text(max_size=3), max_size=5)
)
def test_the_order_of_keys_does_not_count_and_every_value_does(content: dict[str, object]) -> None:
    backwards = dict(reversed(content.items()))
    assert digest_of(backwards) == digest_of(content)
    for key, value in content.items():
        assert digest_of({**content, key: [value]}) != digest_of(content)
    assert digest_of(json.loads(json.dumps(content))) == digest_of(content)
