"""Unity Catalog without its models: metastore, catalogs, schemas, other securables, and privileges on all of them."""

from __future__ import annotations

from agentry.sandbox.catalog.entities import Entity, create_entity, find_entity
from agentry.sandbox.catalog.routes import AREA

__all__ = ["AREA", "Entity", "create_entity", "find_entity"]
