"""The model registry of Unity Catalog: one store, two dialects."""

from __future__ import annotations

from agentry.sandbox.registry.area import AREA
from agentry.sandbox.registry.rows import ModelVersion, RegisteredModel, find_model, find_version

__all__ = ["AREA", "ModelVersion", "RegisteredModel", "find_model", "find_version"]
