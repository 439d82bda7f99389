"""Registered models and their versions, as they are remembered."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agentry.sandbox.access import Securable
from agentry.sandbox.errors import InvalidParameter, NotFound
from agentry.sandbox.store import Row

if TYPE_CHECKING:
    from agentry.sandbox.state import State

PENDING, READY, FAILED = "PENDING_REGISTRATION", "READY", "FAILED_REGISTRATION"
DEPENDENCY_TYPES = frozenset(
    {
        "DATABRICKS_VECTOR_INDEX", "DATABRICKS_MODEL_ENDPOINT", "DATABRICKS_UC_FUNCTION", "DATABRICKS_UC_CONNECTION",
        "DATABRICKS_TABLE", "DATABRICKS_UC_MODEL_SERVICE",
    }
)  # fmt: skip
# docs.databricks.com/aws/en/database-objects/tags, "Constraints"
_TAG_KEY = re.compile(r"[^.,\-=/:\x00-\x1f]{1,255}")
_TAG_VALUE_LENGTH = 1000
_TAGS = 50


@dataclass(frozen=True)
class RegisteredModel(Row):
    """A model of Unity Catalog.

    Attributes:
        full_name: `catalog.schema.model`, in lower case.
        aliases: Version by alias.
        last_version: The highest number that was ever given; numbers are not used again.
    """

    TABLE = "models"
    METASTORE = True

    full_name: str
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str
    comment: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, int] = field(default_factory=dict)
    last_version: int = 0
    deployment_job_id: str = ""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def key(self) -> str:
        """The full name."""
        return self.full_name

    @property
    def parent(self) -> str:
        """The schema."""
        return self.full_name.rpartition(".")[0]

    @property
    def securable(self) -> Securable:
        """What privileges are granted on: models are functions there."""
        return Securable("FUNCTION", self.full_name)


@dataclass(frozen=True)
class ModelVersion(Row):
    """One version of a model. Its files are at `/Models/catalog/schema/model/version`."""

    TABLE = "model_versions"
    METASTORE = True

    model: str
    version: int
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str
    storage_location: str
    status: str = PENDING
    status_message: str = ""
    source: str = ""
    run_id: str = ""
    run_tracking_server_id: str = ""
    model_id: str = ""
    comment: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    dependencies: list[dict[str, str]] = field(default_factory=list)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def key(self) -> str:
        """`catalog.schema.model/7`."""
        return f"{self.model}/{self.version}"

    @property
    def parent(self) -> str:
        """The model."""
        return self.model

    @property
    def path(self) -> str:
        """Where its files are in the Files API."""
        return f"/Models/{self.model.replace('.', '/')}/{self.version}"


def find_model(state: State, full_name: str) -> RegisteredModel:
    """The model.

    Raises:
        NotFound: There is none.
    """
    found = state.store.get(RegisteredModel, full_name.lower())
    if found is None:
        raise NotFound(f"{Securable('FUNCTION', full_name.lower())} does not exist.")
    return found


def find_version(state: State, full_name: str, version: int) -> ModelVersion:
    """The version.

    Raises:
        NotFound: There is none.
    """
    found = state.store.get(ModelVersion, f"{full_name.lower()}/{version}")
    if found is None:
        raise NotFound(f"Model version '{full_name.lower()}' version {version} does not exist.")
    return found


def checked_tags(tags: dict[str, str]) -> dict[str, str]:
    """The tags, if Unity Catalog takes them.

    Raises:
        InvalidParameter: A key or value that it does not take, or too many.
    """
    for key, value in tags.items():
        if not _TAG_KEY.fullmatch(key) or key != key.strip():
            raise InvalidParameter(
                f"Tag key '{key}' is not valid: keys have 1 to 255 characters, none of . , - = / : and no spaces around"
            )
        if len(value) > _TAG_VALUE_LENGTH:
            raise InvalidParameter(f"The value of tag '{key}' has more than {_TAG_VALUE_LENGTH} characters")
    if len(tags) > _TAGS:
        raise InvalidParameter(f"A securable may have at most {_TAGS} tags")
    return tags
