"""The SDK's own ways to an endpoint and to connections."""
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.serving import ChatMessage, ChatMessageRole, ExternalFunctionRequestHttpMethod

w = WorkspaceClient()
w.serving_endpoints.query("chat", messages=[ChatMessage(role=ChatMessageRole.USER, content="x")])  #> serving_endpoint chat
w.serving_endpoints.query(name="other", inputs=[])  #> serving_endpoint other
w.serving_endpoints.get_langchain_chat_open_ai_client(model="lc").invoke("x")  #> serving_endpoint lc
w.serving_endpoints.http_request("slack", ExternalFunctionRequestHttpMethod.POST, "/api")  #> uc_connection slack
w.current_user.me()
w.secrets.get_secret("scope", "key")
w.jobs.run_now(job_id=1)  #? does not know
