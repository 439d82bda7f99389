"""The tables of docs/embedded-engine.md say what the engine does: nothing that a program can ask for is missing or wrong there."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pulumi
import pytest

from agentry.engine import requests
from agentry.engine.monitor import Monitor
from agentry.protocol import resource_pb2

PAGE = (Path(__file__).parents[2] / "docs" / "embedded-engine.md").read_text(encoding="utf-8")


def table(heading: str) -> dict[str, bool]:
    """The rows of a table: what is named, and whether it is supported."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (yes|no) \|", section, re.MULTILINE)
    return {name: said == "yes" for name, said in rows}


def test_every_option_of_a_resource_is_there() -> None:
    options = set(inspect.signature(pulumi.ResourceOptions.__init__).parameters) - {"self"}
    assert set(table("Options of a resource")) == options


@pytest.mark.parametrize(
    ("option", "field"),
    [
        ("transforms", "transforms"),
        ("hooks", "hooks"),
        ("state_migrations", "state_migrations"),
        ("env_var_mappings", "envVarMappings"),
        ("replacement_trigger", "replacement_trigger"),
        ("hide_diffs", "hideDiffs"),
        ("import_", "importId"),
        ("deleted_with", "deletedWith"),
        ("replace_with", "replace_with"),
        ("aliases", "aliases"),
        ("ignore_changes", "ignoreChanges"),
        ("replace_on_changes", "replaceOnChanges"),
        ("custom_timeouts", "customTimeouts"),
        ("retain_on_delete", "retainOnDelete"),
        ("additional_secret_outputs", "additionalSecretOutputs"),
        ("delete_before_replace", "deleteBeforeReplace"),
        ("plugin_download_url", "pluginDownloadURL"),
        ("providers", "providers"),
        ("protect", "protect"),
        ("version", "version"),
    ],
)
def test_an_option_is_said_to_be_supported_when_its_field_is_read(option: str, field: str) -> None:
    assert field in resource_pb2.RegisterResourceRequest.DESCRIPTOR.fields_by_name
    assert table("Options of a resource")[option] is (field in requests.REGISTER)


def test_every_call_of_the_monitor_is_there_and_said_to_be_what_it_is() -> None:
    service = resource_pb2.DESCRIPTOR.services_by_name["ResourceMonitor"]
    answered = Monitor(lambda *_, **__: None)._monitor_methods()
    assert table("Calls of a program") == {method.name: method.name in answered for method in service.methods}
