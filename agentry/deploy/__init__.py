"""The engine interface that the commands, reviews and rollouts stand on."""

from agentry.deploy.choice import engine_of
from agentry.deploy.embedded import EmbeddedEngine
from agentry.deploy.engine import (
    Engine,
    LockHolder,
    PendingOperation,
    RecordedResource,
    RecordedUpdate,
    StackSummary,
)
from agentry.deploy.stack import LOCAL, Stack

__all__ = [
    "LOCAL",
    "EmbeddedEngine",
    "Engine",
    "LockHolder",
    "PendingOperation",
    "RecordedResource",
    "RecordedUpdate",
    "Stack",
    "StackSummary",
    "engine_of",
]
