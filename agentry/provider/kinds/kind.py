"""What a kind of resource is: its fields, and what check, diff, create, read, update and delete do.

One file per kind beside this one; `registry.py` lists them, one line each. A kind sees plain Python values: the
servicer decodes the wire, unwraps secrets and wraps them again, and puts `UNKNOWN` where a value is not known yet.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from agentry.clock import Clock
    from agentry.provider.fields import Field
    from agentry.report import Reporter
    from agentry.workspace import Workspace

Properties = dict[str, Any]


class Unknown(Enum):
    """A value that is known only after the work: `value is UNKNOWN`, at any depth of inputs."""

    UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown.UNKNOWN


@dataclass(frozen=True, slots=True)
class Context:
    """What a kind may use while it works on one resource.

    Attributes:
        workspace: The door to Databricks; None when `agentry:offline` is set and the workspace was not asked.
        report: Progress lines and warnings on this resource, and whether the engine asked to cancel.
        clock: Time, for waits.
        root: The project's directory; paths of inputs are relative to it.
        project: The Pulumi project.
        stack: The stack, without organization and project.
        urn: The resource.
        timeout: Seconds that the operation may take (customTimeouts), or None for the kind's default.
        preview: Whether nothing may be written.
        strict: `agentry:strict` of the stack: what can not be decided of an agent's code is an error.
        declared_owner: `agentry:owner` of the stack: who creates endpoints, for previews that can not ask; or "".
        declared: Kind (its token) and name of what this run has checked so far: it may not exist yet, but will.
        guarded: Whether what is in use is not destroyed (`agentry:production` without `agentry:allowDestructive`).
        traffic_minutes: For how many minutes a question counts as use.
        given: Privileges that this run has given, for the Grants of other agents that need the same ones: shared.
        interrupted: Inputs with which an earlier run began to create or update this resource; how that ended nobody
            recorded. Empty where none was, and where the engine does not tell (the Pulumi CLI's does not).
        expect_upload: Call it where a Check has seen that files will have to be uploaded.
    """

    workspace: Workspace | None
    report: Reporter
    clock: Clock
    root: Path
    project: str
    stack: str
    urn: str
    timeout: float | None = None
    preview: bool = False
    strict: bool = False
    declared_owner: str = ""
    declared: AbstractSet[tuple[str, str]] = frozenset()
    guarded: bool = False
    traffic_minutes: int = 0
    given: set[tuple[str, ...]] = field(default_factory=set)
    interrupted: Properties = field(default_factory=dict)
    expect_upload: Callable[[], None] = lambda: None

    @property
    def owner_tag(self) -> str:
        """Who made an object, as its tag `agentry_owner` says."""
        return f"{self.project}/{self.stack}"


@dataclass(frozen=True, slots=True)
class Failure:
    """An input that can not be: shown beside the resource, at preview.

    Attributes:
        path: Property path, for example `environmentVars.FOO`; empty for the whole resource.
        reason: What is wrong, why, and what to type.
    """

    path: str
    reason: str


@dataclass(slots=True)
class Checked:
    """The outcome of Check: the inputs with defaults and computed ones (digest, workspace id), and what is wrong."""

    inputs: Properties
    failures: list[Failure] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Made:
    """A resource that exists: its id and its outputs."""

    id: str
    outputs: Properties


@dataclass(frozen=True, slots=True)
class Found:
    """What Read saw: id, inputs as they would be declared, outputs."""

    id: str
    inputs: Properties
    outputs: Properties


@dataclass(frozen=True, slots=True)
class Replacement:
    """How a new resource takes the place of an old one.

    Attributes:
        delete_first: Whether the old one has to go before the new one can be.
        cost: What is lost by that, for the preview; empty where nothing is.
    """

    delete_first: bool
    cost: str = ""


class PartialCreation(Exception):
    """The resource exists but is not what was declared (yet): recorded with its reasons, never lost, never deleted."""

    def __init__(self, made: Made, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.made = made
        self.reasons = reasons


class Gone(Exception):
    """What the state records is not there any more, and what takes its place is another one: a replacement.

    Raised by `drift` only. A kind whose resource comes back under the same id reports a difference instead.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(reason)
        self.path = path
        self.reason = reason


class Kind(ABC):
    """One kind of resource.

    Attributes:
        token: Pulumi's type token, `agentry:index:Grant`.
        doc: What it is, for the schema.
        fields: Every field of inputs and outputs, with its behaviour.
        delete_before_replace: True where two of the same name can not exist side by side.
        migrations: The first makes a record of version 1 one of version 2, and so on; each gets inputs or outputs,
            secrets closed, and returns new ones. Never changed once it is released.
    """

    token: ClassVar[str]
    doc: ClassVar[str]
    fields: ClassVar[tuple[Field, ...]]
    delete_before_replace: ClassVar[bool] = False
    migrations: ClassVar[tuple[Callable[[Properties], Properties], ...]] = ()

    async def check(self, inputs: Properties, old_inputs: Properties, ctx: Context) -> Checked:  # noqa: ARG002
        """Validate beyond what the table of fields says; compute inputs that content decides. Makes no write."""
        return Checked(inputs)

    async def drift(self, id: str, state: Properties, inputs: Properties, ctx: Context) -> dict[str, str]:  # noqa: ARG002
        """What of the world differs from the recorded state so that an update is needed: field -> what is there.

        Asked in Diff, so that an unhealthy endpoint never previews as unchanged. Makes no write. Raises `Gone` when
        there is nothing left to update.
        """
        return {}

    async def in_use(self, id: str, ctx: Context) -> str:  # noqa: ARG002
        """Who would miss it, in a few words; empty when nobody would.

        Asked of the workspace as it is, before it is replaced or deleted in a stack of production. Makes no write.
        """
        return ""

    def secrets(self, properties: Properties) -> set[tuple[Any, ...]]:  # noqa: ARG002
        """Paths of values that are secret for what they hold, beside the fields that the table calls so."""
        return set()

    def replacement(self, old: Properties, new: Properties) -> Replacement:  # noqa: ARG002
        """How a new resource takes the place of the old one, and what that costs."""
        return Replacement(self.delete_before_replace)

    def preview(self, inputs: Properties, state: Properties | None) -> Properties:  # noqa: ARG002
        """Outputs as far as they are known before the work; whatever is left out is unknown."""
        return {}

    @abstractmethod
    async def create(self, inputs: Properties, ctx: Context) -> Made:
        """Make it. Raises PartialCreation when it exists but did not become what was declared."""

    @abstractmethod
    async def read(self, id: str, inputs: Properties, state: Properties, ctx: Context) -> Found | None:
        """What is there now, or None. `inputs` and `state` are empty on import."""

    @abstractmethod
    async def update(
        self, id: str, state: Properties, old_inputs: Properties, inputs: Properties, ctx: Context
    ) -> Properties:
        """Make it what is declared now; returns the outputs."""

    @abstractmethod
    async def delete(self, id: str, state: Properties, inputs: Properties, ctx: Context) -> None:
        """Take it away as the design's table says. Gone already is fine."""
