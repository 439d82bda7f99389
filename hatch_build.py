"""What a wheel carries beside the package: this repository's own program and agent, from which `agentry new` writes.

They exist once, here; `agentry/new/sources.py` finds them in a clone as well. An editable install needs no copy.
"""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CARRIED = (
    ".gitignore",
    "Pulumi.yaml",
    "__main__.py",
    "agents/weather",
    "components/__init__.py",
    "requirements/agentry.txt",
    "requirements/uv.txt",
    "stacks",
)


class CustomBuildHook(BuildHookInterface[Any]):
    """Called by hatchling, by this name."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the files to a wheel, below `agentry/new/carried`."""
        if self.target_name == "wheel" and version != "editable":
            build_data["force_include"].update({path: f"agentry/new/carried/{path}" for path in CARRIED})
