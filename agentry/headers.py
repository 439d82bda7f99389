"""What our engine tells a provider beside Pulumi's messages; whoever does not know such a header ignores it."""

from __future__ import annotations

INTERRUPTED = "agentry-interrupted-bin"
"""Of Check, Create and Update: the inputs (a `google.protobuf.Struct`) of the operation on this very resource that an
earlier run began, and whose end it did not record. The Pulumi CLI's engine keeps that to itself."""
