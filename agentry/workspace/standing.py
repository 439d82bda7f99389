"""What is known of one privilege that somebody needs: held and how, or missing and who could give it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from agentry.resources import RESOURCE_TYPES

UNITY_CATALOG = ("CATALOG", "SCHEMA", "TABLE", "FUNCTION", "CONNECTION")
"""Securables that privileges are granted on; a model is a FUNCTION there."""
WORKSPACE_OBJECTS = {
    "SERVING_ENDPOINT": "serving_endpoint",
    "SQL_WAREHOUSE": "sql_warehouse",
    "GENIE_SPACE": "genie_space",
    "APP": "app",
    "LAKEBASE": "lakebase",
}
"""Objects that have permission levels instead, with their key in the table of resource types."""

_LABELS = {"SERVING_ENDPOINT": "endpoint", "SQL_WAREHOUSE": "SQL warehouse", "GENIE_SPACE": "Genie space",
           "APP": "app", "LAKEBASE": "Lakebase instance"}  # fmt: skip


class Securable(NamedTuple):
    """Something that privileges are held on, such as `Securable("SCHEMA", "main.agents")`."""

    type: str
    name: str

    def __str__(self) -> str:
        return f"{_LABELS.get(self.type, self.type.lower())} {self.name}"

    @property
    def containers(self) -> tuple[Securable, ...]:
        """Schema and catalog around it, innermost first."""
        levels = self.name.split(".")
        if self.type not in UNITY_CATALOG or self.type == "CONNECTION" or len(levels) < 2:
            return ()
        schema = () if self.type == "SCHEMA" else (Securable("SCHEMA", ".".join(levels[:2])),)
        return (*schema, Securable("CATALOG", levels[0]))

    @property
    def permissions_path(self) -> str:
        """Its part of the path of the workspace's permissions interface."""
        return RESOURCE_TYPES[WORKSPACE_OBJECTS[self.type]].permissions or ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stands to one privilege on one object.

    Attributes:
        how: How it is held ("owner", "granted", "by group analysts", ...); empty where it is not, or was not seen.
        exists: Whether there is such an object, as far as we may see.
        visible: Whether we may see what the principal holds there; False makes an empty `how` mean "not known".
        may_give: Whether we may give it.
        givers: Who can, for messages.
    """

    how: str = ""
    exists: bool = True
    visible: bool = True
    may_give: bool = False
    givers: str = ""
