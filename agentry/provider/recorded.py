"""Which release of a kind wrote a record, and how an older record becomes one of today.

Inputs and outputs carry the version of their kind under a key that Pulumi takes for internal (two underscores, as
`__defaults` of its bridged providers): it is in the state, and neither engine shows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentry.errors import StateTooNew

if TYPE_CHECKING:
    from agentry.provider.kinds.kind import Kind, Properties

KEY = "__version"
FIRST = 1


def version_of(kind: Kind) -> int:
    """The version that a kind writes today."""
    return FIRST + len(kind.migrations)


def stamped(kind: Kind, properties: Properties) -> Properties:
    """Properties as they are recorded."""
    return {**properties, KEY: version_of(kind)}


def migrated(kind: Kind, properties: Properties, where: str) -> Properties:
    """Recorded properties as today's kind knows them, without their version.

    Those without a version are of today: a program's own, or what it knows of a resource that it only reads.

    Args:
        kind: The kind.
        properties: As they were recorded, secrets closed: a migration moves them as they are.
        where: The resource, for the error.

    Raises:
        StateTooNew: A later release wrote them.
    """
    known = version_of(kind)
    recorded = properties.get(KEY, known)
    if not isinstance(recorded, int) or not FIRST <= recorded <= known:
        raise StateTooNew(
            "a later release of Agentry wrote this record",
            where=where,
            why=f"{kind.token.rpartition(':')[2]} is of version {recorded} there; this release knows up to {known}",
            fix="work on this stack with that release: pip install --upgrade agentry",
        )
    plain = {key: value for key, value in properties.items() if key != KEY}
    for migrate in kind.migrations[recorded - FIRST :]:
        plain = migrate(plain)
    return plain
