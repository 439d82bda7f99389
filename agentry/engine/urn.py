"""URNs, provider references and the names inside them.

urn:pulumi:<stack>::<project>::<type of the parents>$<type>::<name>
provider reference: <urn of the provider resource>::<its id>
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

ROOT_STACK_TYPE = "pulumi:pulumi:Stack"
PROVIDER_PREFIX = "pulumi:providers:"


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

    def __str__(self) -> str: ...


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


def build(stack: str, project: str, parent: str, type: str, name: str) -> str:
    """The URN of a resource; `parent` is the parent's URN or empty."""


def stack_urn(stack: str, project: str) -> str:
    """The URN of the stack resource itself."""


def reference(urn: str, id: str) -> str:
    """A provider reference."""


def split_reference(reference: str) -> tuple[str, str]:
    """The URN and the id of a provider reference."""


def package_of(type: str) -> str:
    """The package a type token belongs to: `agentry` of `agentry:index:Grant` and of `pulumi:providers:agentry`."""


def is_provider(type: str) -> bool:
    """Whether a type token is a provider resource's."""


def default_provider_name(version: str = "") -> str:
    """`default`, or `default_1_2_3` when the request names a version."""


def expand_aliases(
    aliases: Sequence[Alias], *, urn: str, parent: str, parent_aliases: Sequence[str] = ()
) -> tuple[str, ...]:
    """Every URN a resource may be recorded under, the present one not among them, without doubles.

    Args:
        aliases: What the program said.
        urn: The resource's present URN.
        parent: The parent's present URN, or empty.
        parent_aliases: The parent's own expanded aliases: its children moved with it.
    """
