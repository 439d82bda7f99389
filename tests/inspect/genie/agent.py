"""Genie, as an agent, as a client and by the SDK."""
from databricks.sdk import WorkspaceClient
from databricks_ai_bridge.genie import Genie
from databricks_langchain.genie import GenieAgent

SPACE = "01f0aaaa"
agent = GenieAgent(SPACE, "Sales")  #> genie_space 01f0aaaa
named = GenieAgent(genie_space_id="01f0bbbb", description="d")  #> genie_space 01f0bbbb
client = Genie("01f0cccc")  #> genie_space 01f0cccc
client.ask_question("why")

w = WorkspaceClient()
w.genie.start_conversation_and_wait("01f0dddd", "hi")  #> genie_space 01f0dddd
w.genie.create_message(space_id="01f0eeee", conversation_id="1", content="x")  #> genie_space 01f0eeee
w.api_client.do("POST", f"/api/2.0/genie/spaces/{SPACE}/start-conversation", body={})  #> genie_space 01f0aaaa
w.genie.list_spaces()  #? what it finds is known only when it runs
