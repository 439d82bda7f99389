"""What `__main__.py` is written with. Components of this repository's own go beside this file, and are named here."""

from agentry.components import (
    Agent,
    Endpoint,
    Experiment,
    Grant,
    ModelAlias,
    ModelVersion,
    Privilege,
    RegisteredModel,
    Resource,
    ServingEndpoint,
)

__all__ = [
    "Agent",
    "Endpoint",
    "Experiment",
    "Grant",
    "ModelAlias",
    "ModelVersion",
    "Privilege",
    "RegisteredModel",
    "Resource",
    "ServingEndpoint",
]
