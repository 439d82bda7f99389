"""Addresses that carry their own permission for a while, as those of a cloud's object storage do."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from agentry.sandbox.errors import PermissionDenied

if TYPE_CHECKING:
    from agentry.clock import Clock

LIFETIME = 3600.0


class Ticket(NamedTuple):
    """What an address allows.

    Attributes:
        method: "GET", "PUT" or "DELETE".
        path: Of the file in the tree.
        expires: Seconds since the epoch.
        session: The multipart upload that it belongs to, or "".
        part: The number of the part, from 1; 0 outside multipart uploads.
    """

    method: str
    path: str
    expires: float
    session: str = ""
    part: int = 0


class Signer:
    """Makes such addresses and knows them again.

    Args:
        key: What signs them; kept with the workspace, so that they outlive a restart.
        clock: Says when they expire.
    """

    def __init__(self, key: str, clock: Clock) -> None:
        self._key = key.encode()
        self._clock = clock

    def url(self, address: str, method: str, path: str, session: str = "", part: int = 0) -> str:
        """The address of a file for one method.

        Args:
            address: The sandbox's own, `http://127.0.0.1:PORT`.
            method: What it allows.
            path: The file.
            session: A multipart upload.
            part: The part of it.
        """
        ticket = Ticket(method, path, self._clock.now() + LIFETIME, session, part)
        content = base64.urlsafe_b64encode(json.dumps(ticket).encode()).decode()
        name = quote(path.rpartition("/")[2])
        return f"{address}/storage/{content}.{self._sign(content)}/{name}"

    def open(self, token: str, method: str) -> Ticket:
        """What the token of an address allows.

        Raises:
            PermissionDenied: It was not made here, is for another method, or expired.
        """
        content, _, signature = token.partition(".")
        if not hmac.compare_digest(self._sign(content), signature):
            raise PermissionDenied("The signature of this address is not valid.")
        try:
            ticket = Ticket(*json.loads(base64.urlsafe_b64decode(content)))
        except (binascii.Error, ValueError, TypeError) as error:
            raise PermissionDenied("The signature of this address is not valid.") from error
        if ticket.method != method or ticket.expires <= self._clock.now():
            raise PermissionDenied("Request has expired or is for another method.")
        return ticket

    def _sign(self, content: str) -> str:
        return hmac.new(self._key, content.encode(), hashlib.sha256).hexdigest()
