from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from agentry.provider.fields import COMMON, Does
from agentry.provider.kinds.registry import KINDS
from agentry.provider.operations import fields_of
from agentry.provider.schema import package_schema
from tests.provider.thing import TOKEN, Thing

if TYPE_CHECKING:
    from agentry.provider.kinds.kind import Kind


def test_a_kind_in_the_schema() -> None:
    schema = json.loads(package_schema([Thing()]))
    thing = schema["resources"][TOKEN]
    assert thing["requiredInputs"] == ["name"]
    assert thing["inputProperties"]["name"]["willReplaceOnChanges"]
    assert thing["inputProperties"]["size"]["default"] == 1
    assert thing["inputProperties"]["password"]["secret"]
    assert "thingId" not in thing["inputProperties"]
    assert "digest" not in thing["inputProperties"]
    assert "Replace: the name is its identity." in thing["properties"]["name"]["description"]
    assert thing["properties"]["parts"] == {
        "type": "array",
        "items": {"$ref": "#/types/agentry:index:Part"},
        "description": "Parts. Unordered: a set.",
    }
    assert schema["types"]["agentry:index:Part"]["required"] == ["id"]
    assert schema["config"]["variables"]["offline"]["type"] == "boolean"


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.token)
def test_every_behaviour_of_every_field_has_its_reason(kind: Kind) -> None:
    assert kind.doc
    names = [field.name for field in fields_of(kind)]
    assert len(names) == len(set(names))
    assert {field.name for field in COMMON} < set(names)
    for field in fields_of(kind):
        assert field.doc.endswith(".")
        assert all(one.reason for one in field.does)
        assert not (field.has(Does.OUTPUT) and (field.required or field.default is not None))


@pytest.mark.process
def test_the_command_prints_the_schema_of_all_kinds() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "agentry.provider", "schema"], capture_output=True, text=True, check=True
    )
    assert set(json.loads(done.stdout)["resources"]) == set(KINDS)
    wrong = subprocess.run([sys.executable, "-m", "agentry.provider"], capture_output=True, text=True, check=False)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "schema" in wrong.stderr
