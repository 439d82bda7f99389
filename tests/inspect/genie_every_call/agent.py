"""A room of analysts: Genie spaces asked by agents, clients and each method of the SDK."""
import os

from databricks.sdk import WorkspaceClient
from databricks_ai_bridge.genie import Genie
from databricks_langchain import GenieAgent
from databricks_langchain.genie import Genie as Again
from langchain_databricks import GenieAgent as Older

SPACES = {"sales": "01f0sales", "stock": "01f0stock"}
agents = [GenieAgent(genie_space_id=space, genie_agent_name=name) for name, space in SPACES.items()]  #> genie_space 01f0sales; genie_space 01f0stock
Older("01f0older")  #> genie_space 01f0older
Again(space_id="01f0again", client=WorkspaceClient())  #> genie_space 01f0again
by_variable = Genie(os.environ["SPACE_ID"])  #> genie_space 01f0env

g = WorkspaceClient().genie
SPACE = "01f0sdk"


def ask(text, space=SPACE):
    message = g.start_conversation_and_wait(space_id=space, content=text)  #> genie_space 01f0other; genie_space 01f0sdk
    again = g.create_message_and_wait(space, message.conversation_id, text)  #> genie_space 01f0other; genie_space 01f0sdk
    return g.get_message_attachment_query_result(space, again.conversation_id, again.id, "a")  #> genie_space 01f0other; genie_space 01f0sdk


ask("a")
ask("b", space="01f0other")
g.start_conversation(SPACE, "x")  #> genie_space 01f0sdk
g.create_message(SPACE, "c", "x")  #> genie_space 01f0sdk
g.create_message_comment(SPACE, "c", "m", "x")  #> genie_space 01f0sdk
g.get_message(SPACE, "c", "m")  #> genie_space 01f0sdk
g.get_message_query_result(SPACE, "c", "m")  #> genie_space 01f0sdk
g.get_message_query_result_by_attachment(SPACE, "c", "m", "a")  #> genie_space 01f0sdk
g.execute_message_query(SPACE, "c", "m")  #> genie_space 01f0sdk
g.execute_message_attachment_query(SPACE, "c", "m", "a")  #> genie_space 01f0sdk
g.generate_download_full_query_result(SPACE, "c", "m", "a")  #> genie_space 01f0sdk
g.get_download_full_query_result(SPACE, "c", "m", "a", "d", "s")  #> genie_space 01f0sdk
g.get_space(SPACE)  #> genie_space 01f0sdk
g.list_conversations(SPACE)  #> genie_space 01f0sdk
g.list_conversation_messages(SPACE, "c")  #> genie_space 01f0sdk
g.list_conversation_comments(SPACE, "c")  #> genie_space 01f0sdk
g.list_message_comments(SPACE, "c", "m")  #> genie_space 01f0sdk
g.send_message_feedback(SPACE, "c", "m", "POSITIVE")  #> genie_space 01f0sdk
g.delete_conversation(SPACE, "c")  #> genie_space 01f0sdk
g.delete_conversation_message(SPACE, "c", "m")  #> genie_space 01f0sdk
g.wait_get_message_genie_completed("c", "m", SPACE)  #> genie_space 01f0sdk
g._api.do("GET", f"/api/2.0/genie/spaces/{SPACE}/conversations")  #> genie_space 01f0sdk
