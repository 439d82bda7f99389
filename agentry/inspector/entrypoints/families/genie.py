"""Genie: the agent of LangChain, the client, the methods of the SDK.

Read: databricks-langchain 0.22, databricks-ai-bridge 0.22, databricks-sdk 0.156 and 0.162.
"""

from __future__ import annotations

from agentry.inspector.entrypoints import readers
from agentry.inspector.entrypoints.row import FOUND, SPACE_CONTENT, WORKSPACE, EntryPoint, Family, under

_SPACE = readers.names("genie_space")
_METHODS = (
    "start_conversation start_conversation_and_wait create_message create_message_and_wait create_message_comment "
    "get_message get_message_query_result get_message_query_result_by_attachment get_message_attachment_query_result "
    "execute_message_query execute_message_attachment_query generate_download_full_query_result "
    "get_download_full_query_result get_space list_conversations list_conversation_messages "
    "list_conversation_comments list_message_comments send_message_feedback delete_conversation "
    "delete_conversation_message"
)
_GENIE = under(WORKSPACE, "genie")

_ROWS = (
    EntryPoint(
        ("databricks_langchain..GenieAgent", "langchain_databricks..GenieAgent"),
        _SPACE,
        ("genie_space_id",),
        0,
        implied=SPACE_CONTENT,
    ),
    EntryPoint(
        ("databricks_ai_bridge..Genie", "databricks_langchain..Genie"), _SPACE, ("space_id",), 0, implied=SPACE_CONTENT
    ),
    EntryPoint(under(_GENIE, _METHODS), _SPACE, ("space_id",), 0, implied=SPACE_CONTENT),
    EntryPoint(under(_GENIE, "wait_get_message_genie_completed"), _SPACE, ("space_id",), 2, implied=SPACE_CONTENT),
    EntryPoint(under(_GENIE, "list_spaces"), reason=FOUND),
)

FAMILY = Family(
    _ROWS, clients=("databricks_ai_bridge..*",), harmless=("databricks_ai_bridge..ModelServingUserCredentials",)
)
