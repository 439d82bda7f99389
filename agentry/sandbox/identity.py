"""Who calls: bearer tokens of users, and scoped tokens of served model versions.

A user's token means everything that the user may do. A served version's token means what the creator of its endpoint
may do, and of that only what the version declared: a set of (resource type, name) pairs, the types being the keys of
an MLmodel file (`serving_endpoint`, `function`, ...). `experiment` is one more type here, by id: where the served
version's traces go.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from agentry.sandbox.errors import PermissionDenied, Unauthenticated
from agentry.sandbox.principals import Principal
from agentry.sandbox.store import Row

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agentry.clock import Clock
    from agentry.sandbox.store import Store


class Scope(NamedTuple):
    """One thing that a served version declared, such as `Scope("serving_endpoint", "sandbox-chat")`."""

    type: str
    name: str


@dataclass(frozen=True)
class Token(Row):
    """A bearer token; only its hash is remembered.

    Attributes:
        hash: sha256 of the token, hexadecimal.
        principal: Id of the user, or of the creator of the endpoint.
        served: Which served version holds it (`endpoint/served entity`); empty for a user's.
        scopes: What the served version declared, as pairs; None for a user's.
        expires: Seconds since the epoch, or None.
    """

    TABLE = "tokens"
    FRESH: ClassVar[bool] = True

    hash: str
    principal: str
    served: str = ""
    scopes: list[list[str]] | None = None
    expires: float | None = None

    @property
    def key(self) -> str:
        """The hash."""
        return self.hash

    @property
    def parent(self) -> str:
        """The served version, so that its tokens can be revoked together."""
        return self.served


@dataclass(frozen=True)
class Caller:
    """Who sent a request.

    Attributes:
        principal: Whose privileges count: the user's, or those of the endpoint's creator.
        served: Which served version calls (`endpoint/served entity`), or "".
        scopes: What it declared; None for a user, who is not narrowed.
    """

    principal: Principal
    served: str = ""
    scopes: frozenset[Scope] | None = None

    @property
    def name(self) -> str:
        """The principal's name, as grants and messages use it."""
        return self.principal.name

    def may_use(self, type: str, name: str) -> bool:
        """Whether the token reaches this resource at all; privileges are another question."""
        return self.scopes is None or Scope(type, name) in self.scopes

    def require_scope(self, type: str, name: str) -> None:
        """Refuse a served version what it did not declare.

        Raises:
            PermissionDenied: With the resource and the served version named.
        """
        if not self.may_use(type, name):
            raise PermissionDenied(
                f"The credentials of served model '{self.served}' do not reach {type} '{name}': "
                "the model version does not declare it."
            )


class Tokens:
    """Gives out tokens, knows them again and takes them back."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def issue(self, principal: Principal, *, lifetime: float | None = None) -> str:
        """A new token of a user or service principal.

        Args:
            principal: Whose.
            lifetime: Seconds until it stops working; None for one that does not.
        """
        token = f"sandbox-{secrets.token_hex(24)}"
        expires = None if lifetime is None else self._clock.now() + lifetime
        self._store.put(Token(_hash(token), principal.id, expires=expires))
        return token

    def issue_scoped(self, creator: Principal, served: str, scopes: Iterable[Scope], *, lifetime: float) -> str:
        """A new token of a served version.

        Args:
            creator: Who made the endpoint.
            served: `endpoint/served entity`; `revoke` takes the same text.
            scopes: What the version declared.
            lifetime: Seconds until it stops working.
        """
        token = f"sandbox-served-{secrets.token_hex(24)}"
        pairs = sorted([scope.type, scope.name] for scope in scopes)
        self._store.put(Token(_hash(token), creator.id, served, pairs, self._clock.now() + lifetime))
        return token

    def revoke(self, served: str) -> None:
        """Take back all tokens of a served version."""
        for token in self._store.rows(Token, parent=served):
            self._store.delete(Token, token.hash)

    def caller(self, authorization: str | None) -> Caller:
        """Who the `Authorization` header speaks for.

        Raises:
            Unauthenticated: No bearer token, an unknown one, or one that expired.
        """
        scheme, _, value = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not value:
            raise Unauthenticated("Credential was not sent or was of an unsupported type for this API.")
        token = self._store.get(Token, _hash(value.strip()))
        if token is None:
            raise Unauthenticated("Invalid access token.")
        if token.expires is not None and token.expires <= self._clock.now():
            self._store.delete(Token, token.hash)
            raise Unauthenticated("The access token has expired.")
        principal = self._store.get(Principal, token.principal)
        if principal is None or not principal.active:
            raise Unauthenticated("The principal of this access token is no longer active.")
        scopes = None if token.scopes is None else frozenset(Scope(*pair) for pair in token.scopes)
        return Caller(principal, token.served, scopes)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
