"""What identifies a model version: one number over what is in it, and nothing of the machine that computes it. Pure."""

from __future__ import annotations

import hashlib
import json
from typing import Any

# Goes up when the same content is written into a model directory differently from then on.
FORMAT = 1


def digest_of(content: dict[str, Any]) -> str:
    """SHA-256 over the content as canonical JSON, in 64 hex digits.

    Args:
        content: Plain JSON values. Bytes of files come in as their own `file_digest`.
    """
    text = json.dumps({"format": FORMAT, **content}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def file_digest(data: bytes) -> str:
    """SHA-256 of a file's packaged bytes, in 64 hex digits."""
    return hashlib.sha256(data).hexdigest()
