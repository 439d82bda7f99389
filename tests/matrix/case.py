"""What a kind brings to the matrix: one `Case`, in a file of its own below `kinds/`, called like the kind's own file.

    class Boxes(Case):
        kind = Box()
        ...
    CASE = Boxes()

Every invariant of `test_*.py` beside this file then holds for the kind, or fails by its name. `test_every_kind.py` fails
while a kind of the registry, or a field of a kind, has none.
"""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from inspect import signature
from typing import TYPE_CHECKING, Any, ClassVar

from tests.matrix import kinds
from tests.matrix.stage import Declared

if TYPE_CHECKING:
    from agentry.provider.kinds.kind import Kind
    from tests.matrix.ground import Ground

Inputs = dict[str, Any]
ITSELF = "itself"


@dataclass(frozen=True)
class Variant:
    """A field declared otherwise than in `Case.inputs`.

    Attributes:
        value: Its other value.
        rest: What else has to be declared for it, before and after.
        first: Its value before, where `Case.inputs` has none that it can differ from.
        refused: Words of the reason, where the kind does not take it.
        seen: The property whose difference shows the change: the field itself, or what Check computes of it; "" where
            the table of fields says that the change alone is none.
    """

    value: Any
    rest: Inputs = field(default_factory=dict)
    first: Any = None
    refused: str = ""
    seen: str = ITSELF


@dataclass(frozen=True)
class Platform:
    """What databricks-sdk can say of a resource, against the kind's table.

    Attributes:
        requests: Methods of the SDK's services that make or change it, and classes of what they take.
        ours: `name.argument` or `Class.field` -> the field of the kind that says it; a refused one says why not.
        reasons: The same -> why a declaration does not have it.
    """

    requests: tuple[Any, ...]
    ours: dict[str, str]
    reasons: dict[str, str] = field(default_factory=dict)


class Case(ABC):
    """One kind in the matrix. Everything is asked for in a workspace of the test's own, so names may be fixed.

    Attributes:
        kind: The kind.
        platform: What the platform knows of it.
        variants: By field, each that a program can give or is refused.
        drifts: The properties that `change` makes differ, in a preview.
        remade: What an `up` does once somebody removed it.
        essential: Fields that are not required, and without which the variant's declaration is none.
        by_default: What a field is by default, where the table leaves it to the kind.
        import_id: What an import calls it, where that is not its id.
        by_ours_only: Why nothing that was made by hand can be imported without a difference.
        stays: Whether a destroy leaves it, and why.
        sends_secrets: Whether the workspace gets something of its that may be secret.
    """

    kind: ClassVar[Kind]
    platform: ClassVar[Platform]
    variants: ClassVar[dict[str, Variant]]
    drifts: ClassVar[tuple[str, ...]]
    remade: ClassVar[str] = "update"
    essential: ClassVar[tuple[str, ...]] = ()
    by_default: ClassVar[dict[str, Any]] = {}
    import_id: ClassVar[str] = ""
    by_ours_only: ClassVar[str] = ""
    stays: ClassVar[str] = ""
    sends_secrets: ClassVar[bool] = True

    def forgotten(self) -> list[str]:
        """What the SDK's requests have, and neither the kind's table nor a reason."""
        platform = self.platform
        return [key for key in requests(platform.requests) if key not in platform.ours | platform.reasons]

    @property
    def name(self) -> str:
        """`ModelAlias`."""
        return self.kind.token.rpartition(":")[2]

    async def prepare(self, ground: Ground) -> None:  # noqa: B027 most need nothing
        """Make in the workspace, or in the project, what it needs to be there."""

    @abstractmethod
    def inputs(self) -> Inputs:
        """What is declared: as much as there is, so that a change of each field can be seen."""

    def declared(self, **others: Any) -> Declared:
        """The resource, with some inputs otherwise."""
        return Declared(self.kind.token, {**self.inputs(), **others})

    @abstractmethod
    async def live(self, ground: Ground) -> Any:
        """What the workspace has of it, as the declaration means it; None when it is not there."""

    @abstractmethod
    async def change(self, ground: Ground, id: str) -> None:
        """Somebody else changes what we declared."""

    @abstractmethod
    async def remove(self, ground: Ground, id: str) -> None:
        """Somebody else removes it."""

    @abstractmethod
    async def add_theirs(self, ground: Ground, id: str) -> None:
        """Somebody else puts something of theirs beside what we declared."""

    @abstractmethod
    async def theirs(self, ground: Ground) -> Any:
        """What they put there; whatever is falsy is nothing."""

    async def by_hand(self, ground: Ground) -> str:
        """Make by hand what `inputs` say, as somebody without Agentry; its import id."""
        raise NotImplementedError(self.by_ours_only)

    @abstractmethod
    def canaries(self, canary: Any) -> Inputs:
        """`inputs` with the canary, marked as a secret, in every text that may be one."""


def requests(of: tuple[Any, ...]) -> list[str]:
    """`name.argument` of methods and `Class.field` of classes."""
    found = []
    for one in of:
        names = [each.name for each in dataclasses.fields(one)] if isinstance(one, type) else signature(one).parameters
        found += [f"{one.__name__}.{name}" for name in names if name != "self"]
    return found


def cases() -> dict[str, Case]:
    """Every case that there is, by file."""
    found = {}
    for module in pkgutil.iter_modules(kinds.__path__):
        found[module.name] = importlib.import_module(f"{kinds.__name__}.{module.name}").CASE
    return found
