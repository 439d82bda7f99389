"""The deterministic model directory of an agent, and the digest that identifies it. Pure reading; no mlflow."""

from __future__ import annotations

from agentry.package.spec import AgentSpec, Package, read_package

__all__ = ["AgentSpec", "Package", "read_package"]
