"""What is in a new repository: held against Agentry's own, and against the tools that it names."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from agentry.engine.project import read_project, read_stack
from agentry.errors import AgentryError
from agentry.new import Names, Origin, contents, write
from agentry.new.repository import STACKS, VERBATIM, swap
from agentry.stacks import read_settings

ROOT = Path(__file__).parents[2]
NAMES = Names("shop", "order-desk")
CONTENTS = contents(NAMES, "agentry==0.1.0")
WORKFLOWS = sorted(path for path in CONTENTS if path.startswith(".github/workflows/"))


def own(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", VERBATIM)
def test_what_is_the_same_is_the_same(path: str) -> None:
    assert CONTENTS[path] == own(path)


@pytest.mark.parametrize("file", ["agent.py", "config.yaml", "requirements.in", "requirements.txt"])
def test_the_first_agent_is_our_sample(file: str) -> None:
    assert CONTENTS[f"agents/order-desk/{file}"] == own(f"agents/weather/{file}")


def test_nothing_is_left_to_fill_in() -> None:
    assert [path for path, text in CONTENTS.items() if re.search(r"@[A-Z]+@", path + text)] == []


def test_the_names_are_everywhere() -> None:
    assert {path for path in CONTENTS if "weather" in path} == set()
    mentioned = {path for path, text in CONTENTS.items() if "agents/weather" in text}
    assert mentioned == set()
    assert "order_desk = Agent(" in CONTENTS["__main__.py"]
    assert 'model=f"{models}.order_desk"' in CONTENTS["__main__.py"]


def test_with_our_names_the_program_is_ours() -> None:
    same = contents(Names("agents", "weather"), "agentry==0.1.0")
    assert same["__main__.py"] == own("__main__.py")
    assert same["stacks/Pulumi.dev.yaml"] == own("stacks/Pulumi.dev.yaml")
    assert same["Pulumi.yaml"] == own("Pulumi.yaml").replace("agentry/provider/plugin", "provider")


@pytest.mark.parametrize("python", sorted(path for path in CONTENTS if path.endswith(".py")))
def test_python_is_python(python: str) -> None:
    ast.parse(CONTENTS[python], feature_version=(3, 10))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("new") / "shop"
    write(directory, NAMES, Origin())
    return directory


def test_the_engine_reads_project_and_stacks(written: Path) -> None:
    project = read_project(written / "Pulumi.yaml")
    assert project.name == "shop"
    assert project.plugins == {"agentry": written / "provider"}
    assert sorted(STACKS) == ["dev", "local", "prod", "staging"]
    for stack in STACKS:
        values = read_stack(project, stack).values
        assert values["shop:catalog"] == stack
        assert [key for key in values if not key.startswith(("shop:", "agentry:"))] == []
        settings = read_settings(written, stack)
        assert (settings.sandbox or settings.profile) == stack


def test_the_plugin_runs_the_installed_provider(written: Path) -> None:
    described = yaml.safe_load((written / "provider/PulumiPlugin.yaml").read_text())
    assert (written / "provider" / described["runtime"]["options"]["virtualenv"]).resolve() == written / ".venv"
    assert "from agentry.provider.run import main" in CONTENTS["provider/__main__.py"]


def test_it_passes_the_lint_that_it_configures(written: Path) -> None:
    for arguments in (["format", "--check", "--no-cache"], ["check", "--no-cache"]):
        ran = subprocess.run(
            [sys.executable, "-m", "ruff", *arguments, "."],
            cwd=written,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr


def steps(workflow: str) -> list[dict[str, Any]]:
    read = yaml.safe_load(CONTENTS[workflow])
    return [step for job in read["jobs"].values() for step in job["steps"]]


def test_there_are_two_workflows() -> None:
    assert WORKFLOWS == [".github/workflows/main.yml", ".github/workflows/pull-request.yml"]


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_a_workflow_names_only_pinned_actions_and_no_secret(workflow: str) -> None:
    used = [step["uses"] for step in steps(workflow) if "uses" in step]
    assert len(used) >= 4
    assert [one for one in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", one)] == []
    lines = [line for line in CONTENTS[workflow].splitlines() if "uses:" in line]
    assert [line for line in lines if not re.search(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line)] == [], (
        "which version it is"
    )
    assert "secrets." not in CONTENTS[workflow]


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_a_workflow_puts_no_expression_into_a_shell(workflow: str) -> None:
    """What others may write (a branch's name) is never a part of a command."""
    assert [step["run"] for step in steps(workflow) if "${{" in step.get("run", "")] == []


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_only_a_job_with_an_environment_gets_a_token(workflow: str) -> None:
    read = yaml.safe_load(CONTENTS[workflow])
    assert read["permissions"] == {"contents": "read"}
    for job in read["jobs"].values():
        asks = "id-token" in job.get("permissions", {})
        assert asks == ("environment" in job)
        runs = " ".join(step.get("run", "") for step in job["steps"])
        assert ("pulumi " in runs) == asks


def test_a_pull_request_is_inspected_and_previewed_and_main_is_brought_up() -> None:
    runs = {path: " ".join(step.get("run", "") for step in steps(path)) for path in WORKFLOWS}
    assert "agentry inspect" in runs[WORKFLOWS[1]]
    assert "pulumi preview" in runs[WORKFLOWS[1]]
    assert "pulumi up" not in runs[WORKFLOWS[1]]
    assert "pulumi up --yes" in runs[WORKFLOWS[0]]


def test_the_hook_is_ours() -> None:
    ours = yaml.safe_load(own(".pre-commit-hooks.yaml"))[0]
    (hook,) = yaml.safe_load(CONTENTS[".pre-commit-config.yaml"])["repos"][0]["hooks"]
    assert hook["entry"] == f".venv/bin/{ours['entry']}"
    same = ("id", "name", "types_or", "pass_filenames", "require_serial")
    assert [hook[key] for key in same] == [ours[key] for key in same]


def targets(makefile: str) -> set[str]:
    return set(re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE))


def test_what_our_messages_tell_to_type_can_be_typed() -> None:
    assert {"setup", "demo", "test", "check", "fmt", "lock", "clean"} <= targets(CONTENTS["Makefile"])
    said = {
        word
        for file in (ROOT / "agentry").rglob("*.py")
        if "new" not in file.relative_to(ROOT).parts
        for word in re.findall(
            r"\"make ((?:clean )?(?:setup|demo|clean|test|lock))\b", file.read_text(encoding="utf-8")
        )
    }
    assert said
    assert {name for words in said for name in words.split()} <= targets(CONTENTS["Makefile"])


@pytest.mark.parametrize("part", ["pytest", "dev"])
def test_the_locked_packages_agree(part: str) -> None:
    """One version of each package in one environment."""
    locked = pins(own("requirements/agentry.txt"))
    for name, version in pins(CONTENTS[f"requirements/{part}.txt"]).items():
        assert locked.get(name, version) == version, name


def pins(text: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9_.-]+)==(\S+)", text, re.MULTILINE))


def test_a_text_that_changed_under_its_words_is_no_silent_loss() -> None:
    with pytest.raises(AgentryError, match="has no 'b'"):
        swap("a", {"b": "c"})
