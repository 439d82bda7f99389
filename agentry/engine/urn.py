"""URNs, provider references and the names inside them.

urn:pulumi:<stack>::<project>::<type of the parents>$<type>::<name>
provider reference: <urn of the provider resource>::<its id>
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentry.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT_STACK_TYPE = "pulumi:pulumi:Stack"
PROVIDER_PREFIX = "pulumi:providers:"
_PREFIX = "urn:pulumi:"


@dataclass(frozen=True, slots=True)
class Urn:
    """The parts of a URN; `qualified_type` is the chain of component types with `$` between, the own type last."""

    stack: str
    project: str
    qualified_type: str
    name: str

    @property
    def type(self) -> str:
        """The resource's own type token."""
        return self.qualified_type.rpartition("$")[2]

    def __str__(self) -> str:
        return f"{_PREFIX}{self.stack}::{self.project}::{self.qualified_type}::{self.name}"


@dataclass(frozen=True, slots=True)
class Alias:
    """Another URN that a resource may have had: a whole one, or what of the present one was different.

    None means "as now". `no_parent` says that the resource used to have no parent.
    """

    urn: str = ""
    name: str | None = None
    type: str | None = None
    stack: str | None = None
    project: str | None = None
    parent: str | None = None
    no_parent: bool = False


def split(urn: str) -> Urn:
    """Take a URN apart; `StateError` when it is none."""
    parts = urn.removeprefix(_PREFIX).split("::", 3)  # a name may have "::" in it
    if not urn.startswith(_PREFIX) or len(parts) != 4:
        raise StateError(f"this is no URN: {urn!r}")
    return Urn(*parts)


def build(stack: str, project: str, parent: str, type: str, name: str) -> str:
    """The URN of a resource; `parent` is the parent's URN or empty."""
    chain = split(parent).qualified_type if parent else ROOT_STACK_TYPE
    return str(Urn(stack, project, type if chain == ROOT_STACK_TYPE else f"{chain}${type}", name))


def stack_urn(stack: str, project: str) -> str:
    """The URN of the stack resource itself."""
    return build(stack, project, "", ROOT_STACK_TYPE, f"{project}-{stack}")


def reference(urn: str, id: str) -> str:
    """A provider reference."""
    return f"{urn}::{id}"


def split_reference(reference: str) -> tuple[str, str]:
    """The URN and the id of a provider reference; `StateError` when it is none."""
    urn, separator, identity = reference.rpartition("::")
    if not separator or not is_provider(split(urn).type):
        raise StateError(f"this is no reference to a provider: {reference!r}")
    return urn, identity


def package_of(type: str) -> str:
    """The package a type token belongs to: `agentry` of `agentry:index:Grant` and of `pulumi:providers:agentry`."""
    return type.removeprefix(PROVIDER_PREFIX).split(":")[0]


def is_provider(type: str) -> bool:
    """Whether a type token is a provider resource's."""
    return type.startswith(PROVIDER_PREFIX)


def default_provider_name(version: str = "") -> str:
    """`default`, or `default_1_2_3` when the request names a version."""
    return "_".join(["default", *version.replace("-", ".").replace("+", ".").split(".")]) if version else "default"


def expand_aliases(aliases: Sequence[Alias], *, urn: str, parent: str, former: Mapping[str, str]) -> tuple[str, ...]:
    """Every URN a resource may be recorded under, the present one not among them, without doubles.

    Args:
        aliases: What the program said.
        urn: The resource's present URN.
        parent: The parent's present URN, or empty.
        former: What resources of this run were recorded under, where it was another URN: their children moved with
            them.
    """
    own = [_former(alias, split(urn), parent, former) for alias in aliases]
    inherited = [
        _below(former[parent], parent_name=split(parent).name, child=split(name))
        for name in (urn, *own)
        if parent in former
    ]
    return tuple(dict.fromkeys(name for name in (*own, *inherited) if name != urn))


def _former(alias: Alias, now: Urn, parent: str, former: Mapping[str, str]) -> str:
    if alias.urn:
        return alias.urn
    former_parent = parent if alias.parent is None else former.get(alias.parent, alias.parent)
    if alias.no_parent:
        former_parent = ""
    return build(
        alias.stack or now.stack,
        alias.project or now.project,
        former_parent,
        alias.type or now.type,
        alias.name or now.name,
    )


def _below(former_parent: str, *, parent_name: str, child: Urn) -> str:
    """Where a child was when its parent was `former_parent`: by convention a child's name begins with its parent's."""
    former = split(former_parent)
    name = former.name + child.name.removeprefix(parent_name) if child.name.startswith(parent_name) else child.name
    return build(former.stack, former.project, former_parent, child.type, name)
