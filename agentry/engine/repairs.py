"""Changes of a stack's records by hand: a resource is forgotten, renamed, or not protected any more.

They work on the records as they are written, secrets closed, so that nobody needs a passphrase to mend a state. The
rules are those of `pulumi state`. Source: pkg/resource/edit/operations.go and pkg/cmd/pulumi/state of Pulumi.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from agentry.engine import urn as urns
from agentry.engine.urn import ROOT_STACK_TYPE, is_provider, reference, split, split_reference
from agentry.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

Record = dict[str, Any]
"""One resource as it is written in a checkpoint."""


class Repair(Protocol):
    """One change of the records."""

    def apply(self, records: Sequence[Record]) -> list[Record]:
        """The records as they are then; those given stay as they are.

        Raises:
            StateError: The change would leave a state that is not sound, or does not concern what is there.
        """
        ...

    def commands(self, stack: str) -> list[str]:
        """What to type for the same to the Pulumi CLI."""
        ...


@dataclass(frozen=True)
class Remove:
    """Resources are forgotten; they stay in the world.

    Attributes:
        urns: Which.
        force: Also those that are protected.
        dependents: Those that use them, too.
    """

    urns: tuple[str, ...]
    force: bool = False
    dependents: bool = False

    def apply(self, records: Sequence[Record]) -> list[Record]:
        """See `Repair.apply`. Of several records of one URN those that wait for their deletion go last."""
        gone = [_the_one(records, urn) for urn in self.urns]
        users = users_of(records, gone)
        if users and not self.dependents:
            raise StateError(
                f"{_named(gone)} is used" if len(gone) == 1 else f"{len(gone)} resources are used",
                why="by " + ", ".join(split(record["urn"]).name for record in users),
                fix="remove those too: --target-dependents",
            )
        gone += users
        protected = [record for record in gone if record.get("protect")]
        if protected and not self.force:
            raise StateError(
                f"{_named(protected)} is protected" if len(protected) == 1 else f"{len(protected)} are protected",
                why="" if len(protected) == 1 else _named(protected),
                fix="agentry state unprotect first; or --force",
            )
        return [record for record in records if not any(record is one for one in gone)]

    def commands(self, stack: str) -> list[str]:
        """See `Repair.commands`."""
        options = (" --force" if self.force else "") + (" --target-dependents" if self.dependents else "")
        return [f"pulumi state delete {shlex.quote(urn)}{options} --stack {stack}" for urn in self.urns]


@dataclass(frozen=True)
class Rename:
    """A resource is called otherwise, as the program calls it now; whatever names it, names it so.

    Attributes:
        urn: Which.
        name: Its new name.
    """

    urn: str
    name: str

    @property
    def becomes(self) -> str:
        """The new URN."""
        parts = split(self.urn)
        return str(urns.Urn(parts.stack, parts.project, parts.qualified_type, self.name))

    def apply(self, records: Sequence[Record]) -> list[Record]:
        """See `Repair.apply`."""
        renamed = _the_one(records, self.urn)
        if renamed["type"] == ROOT_STACK_TYPE:
            raise StateError("the stack itself has the name of project and stack", where=self.urn)
        if not self.name or "::" in self.name:
            raise StateError(f"{self.name!r} is no name", why="a name is not empty and has no `::` in it")
        if any(record["urn"] == self.becomes for record in records):
            raise StateError(f"there is a {split(self.urn).type} named {self.name!r} already", where=self.becomes)
        provider = is_provider(renamed["type"])
        return [_renaming(record, self._new, self._new_reference if provider else _same) for record in records]

    def _new(self, urn: str) -> str:
        return self.becomes if urn == self.urn else urn

    def _new_reference(self, provider: str) -> str:
        urn, identity = split_reference(provider)
        return reference(self._new(urn), identity)

    def commands(self, stack: str) -> list[str]:
        """See `Repair.commands`."""
        return [f"pulumi state rename {shlex.quote(self.urn)} {shlex.quote(self.name)} --stack {stack}"]


@dataclass(frozen=True)
class Unprotect:
    """Resources may be deleted and replaced again.

    Attributes:
        urns: Which; None for all.
    """

    urns: tuple[str, ...] | None

    def apply(self, records: Sequence[Record]) -> list[Record]:
        """See `Repair.apply`."""
        for urn in self.urns or ():
            _the_one(records, urn)
        return [
            {key: value for key, value in record.items() if key != "protect"}
            if self.urns is None or record["urn"] in self.urns
            else record
            for record in records
        ]

    def commands(self, stack: str) -> list[str]:
        """See `Repair.commands`."""
        if self.urns is None:
            return [f"pulumi state unprotect --all --stack {stack}"]
        return [f"pulumi state unprotect {shlex.quote(urn)} --stack {stack}" for urn in self.urns]


def find(records: Sequence[Record], named: str) -> str:
    """The URN of a resource.

    Args:
        records: All that are recorded.
        named: Its URN, its name, or the end of its URN from a type on: `Grant::weather-llm`.

    Raises:
        StateError: There is none, or there are several.
    """
    every = dict.fromkeys(str(record["urn"]) for record in records)
    if named in every:
        return named
    found = [urn for urn in every if split(urn).name == named] or [urn for urn in every if _ends(urn, named)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise StateError(f"there is no resource {named!r} in this state", fix="agentry state list")
    raise StateError(
        f"{len(found)} resources are named {named!r}",
        why="\n".join(found),
        fix=f"say which, with its type: {_short(found[0])}",
    )


def users_of(records: Sequence[Record], used: Sequence[Record]) -> list[Record]:
    """The records that need some of `used`, directly or through others, in the order in which they are recorded."""
    names, held = {record["urn"] for record in used}, {id(record) for record in used}
    # Another record of the same URN (one that waits for its deletion) is what the users go on to name.
    names -= {record["urn"] for record in records if id(record) not in held and record["urn"] in names}
    found: list[Record] = []
    for record in records:
        if id(record) not in held and names.intersection(_uses(record)):
            found.append(record)
            names.add(record["urn"])
    return found


def _uses(record: Record) -> Iterator[str]:
    yield from filter(None, (record.get("parent"), record.get("deletedWith")))
    yield from record.get("dependencies") or ()
    yield from record.get("replaceWith") or ()
    for needed in (record.get("propertyDependencies") or {}).values():
        yield from needed or ()
    if record.get("provider"):
        yield split_reference(record["provider"])[0]


def _renaming(record: Record, urn: Callable[[str], str], provider: Callable[[str], str]) -> Record:
    single: Mapping[str, Callable[[str], str]] = {"urn": urn, "parent": urn, "deletedWith": urn, "provider": provider}
    new: Record = {key: single[key](value) if key in single and value else value for key, value in record.items()}
    for key in ("dependencies", "replaceWith"):
        if new.get(key):
            new[key] = list(map(urn, new[key]))
    if needed := new.get("propertyDependencies"):
        new["propertyDependencies"] = {name: list(map(urn, uses or ())) for name, uses in needed.items()}
    return new


def _the_one(records: Sequence[Record], urn: str) -> Record:
    found = [record for record in records if record["urn"] == urn]
    if not found:
        raise StateError("there is no such resource in this state", where=urn, fix="agentry state list")
    return min(found, key=lambda record: bool(record.get("delete")))


def _same(text: str) -> str:
    return text


def _named(records: Sequence[Record]) -> str:
    return ", ".join(split(record["urn"]).name for record in records)


def _ends(urn: str, end: str) -> bool:
    return urn.endswith(end) and "::" in end and urn[: -len(end)].endswith((":", "$"))


def _short(urn: str) -> str:
    parts = split(urn)
    return f"{parts.type.rpartition(':')[2]}::{parts.name}"
