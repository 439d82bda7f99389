"""Every name of the pulumi SDK that is not promised: the pin in pyproject.toml moves only together with this test."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

import agentry.provider

# pulumi.runtime.proto holds the generated messages; the SDK uses them itself, and promises nothing about them.
NAMES = {
    "engine_pb2": ["DEBUG", "INFO", "WARNING", "ERROR", "LogRequest"],
    "engine_pb2_grpc": ["EngineStub"],
    "plugin_pb2": ["PluginInfo"],
    "provider_pb2": [
        "CheckFailure",
        "CheckResponse",
        "ConfigureResponse",
        "CreateResponse",
        "DiffResponse",
        "ErrorResourceInitFailed",
        "GetSchemaResponse",
        "PropertyDiff",
        "ProviderHandshakeResponse",
        "ReadResponse",
        "UpdateResponse",
    ],
    "provider_pb2_grpc": ["ResourceProviderServicer", "add_ResourceProviderServicer_to_server"],
    "status_pb2": ["Status"],
}


@pytest.mark.parametrize(("module", "name"), [(module, name) for module, names in NAMES.items() for name in names])
def test_it_is_there(module: str, name: str) -> None:
    assert hasattr(import_module(f"pulumi.runtime.proto.{module}"), name)


def test_no_other_is_used() -> None:
    room = Path(agentry.provider.__file__).parent
    used = {
        line.strip()
        for path in room.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if ("pulumi" in line or "protocol" in line) and line.strip().startswith(("import ", "from "))
    }
    modules = {name for line in used for name in line.partition("import ")[2].split(", ")}
    assert all(line.startswith("from agentry.protocol import ") for line in used)
    assert modules == set(NAMES)
