"""The one door to Databricks: client, identity, waits, retries, registration."""

from __future__ import annotations

from agentry.workspace.client import connect
from agentry.workspace.door import Bearer, Identity, Json, Transport, Workspace
from agentry.workspace.sdk import prepare
from agentry.workspace.uploads import prepare as prepare_uploads
from agentry.workspace.waits import Pending

__all__ = ["Bearer", "Identity", "Json", "Pending", "Transport", "Workspace", "connect", "prepare", "prepare_uploads"]
