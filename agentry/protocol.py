"""Pulumi's protocol: the messages that its SDK has generated, without the SDK around them.

`import pulumi.runtime.proto` imports all of the SDK and OpenTelemetry with it: 0.15 s and 40 MB, in every process that
only wants to speak the protocol (measured with SDK 3.272.0). So the generated modules are loaded from where they are,
under a name of their own. A process that imports the SDK too has the same classes: protobuf keeps one per message.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pulumi.runtime.proto import (
        engine_pb2,
        engine_pb2_grpc,
        plugin_pb2,
        provider_pb2,
        provider_pb2_grpc,
        resource_pb2,
        status_pb2,
    )

__all__ = [
    "engine_pb2",
    "engine_pb2_grpc",
    "plugin_pb2",
    "provider_pb2",
    "provider_pb2_grpc",
    "resource_pb2",
    "status_pb2",
]

_ALIAS = "agentry_pulumi_protocol"
_WITH_SDK = "pulumi.runtime.proto"


def generated() -> Path | None:
    """Where the SDK keeps its generated modules; None where it keeps them elsewhere."""
    sdk = importlib.util.find_spec("pulumi")
    places = [Path(place, "runtime", "proto") for place in (sdk.submodule_search_locations or ())] if sdk else []
    return next((place for place in places if (place / "resource_pb2.py").is_file()), None)


def _package() -> str:
    """The package to load the generated modules from."""
    place = generated()
    if _WITH_SDK in sys.modules or place is None:
        return _WITH_SDK
    if _ALIAS not in sys.modules:
        package = types.ModuleType(_ALIAS)
        package.__path__ = [str(place)]
        sys.modules[_ALIAS] = package
    return _ALIAS


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f"{_package()}.{name}")
    globals()[name] = module
    return module
