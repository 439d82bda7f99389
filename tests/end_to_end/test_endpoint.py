"""An endpoint of an external model by the command line: what a person sees of secrets, drift and replacement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.end_to_end.project import Project

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]
CANARY = "canary-0c7e51"
PROGRAM = """
from components import ServingEndpoint

ServingEndpoint(
    "gpt",
    name="gpt",
    external_model={{
        "provider": "openai",
        "name": "gpt-4o",
        "task": "llm/v1/chat",
        "openai_config": {{"{key}": "{value}"}},
    }},
    usage_tracking=True,
    rate_limits=[{{"calls": 10}}],
    {more}
)
"""


def write(project: Project, key: str, value: str, more: str = "") -> None:
    (project.root / "__main__.py").write_text(PROGRAM.format(key=key, value=value, more=more), encoding="utf-8")


def test_an_endpoint_of_an_external_model(project: Project) -> None:
    assert project.run("sandbox", "start", "--quiet").code == 0
    write(project, "openai_api_key", "{{secrets/nowhere/openai}}")
    refused = project.run("preview")
    assert refused.code == 1
    assert "externalModel.openaiConfig.openaiApiKey: there is no secret scope nowhere" in refused.out
    assert "→ databricks secrets create-scope nowhere" in refused.out

    write(project, "openai_api_key_plaintext", CANARY)
    made = project.run("up")
    assert made.code == 0, made.out + made.err
    assert "unchanged" in project.run("up").out

    write(project, "openai_api_key_plaintext", CANARY + "-2", "description='of others',")
    changed = project.run("up")
    assert "externalModel.openaiConfig.openaiApiKeyPlaintext: [secret] → [secret]" in changed.out

    write(project, "openai_api_key_plaintext", CANARY + "-2", "description='of others', route_optimized=True,")
    planned = project.run("preview")
    assert "is replaced, because of routeOptimized: the platform takes it at creation only" in planned.out
    assert "gpt is deleted first and answers nobody until the new one is ready" in planned.out
    replaced = project.run("up")
    assert replaced.code == 0, replaced.out + replaced.err
    assert "unchanged" in project.run("preview").out

    shown = [ran.out + ran.err for ran in (refused, made, changed, planned, replaced)]
    assert CANARY not in "".join(shown)
    state = [file for file in (project.root / ".agentry" / "state").rglob("*") if file.is_file()]
    assert state
    assert [file.name for file in state if CANARY.encode() in file.read_bytes()] == []
    assert project.run("destroy", "--yes").code == 0
