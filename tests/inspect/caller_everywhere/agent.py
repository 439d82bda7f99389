"""An agent that acts as whoever asks it, with the caller's credentials handed on in every way."""
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config
from databricks.sdk.credentials_provider import ModelServingUserCredentials as FromSDK
from databricks.vector_search.client import VectorSearchClient
from databricks.vector_search.utils import CredentialStrategy
from databricks_ai_bridge import ModelServingUserCredentials
from databricks_ai_bridge.genie import Genie
from databricks_langchain import ChatDatabricks, DatabricksVectorSearch, UCFunctionToolkit
from databricks_langchain.genie import GenieAgent
from databricks_mcp import DatabricksMCPClient, DatabricksOAuthClientProvider
from databricks_openai import AsyncDatabricksOpenAI, DatabricksOpenAI, McpServerToolkit
from mlflow.pyfunc import ResponsesAgent
from mcp.client.streamable_http import streamablehttp_client
from openai import OpenAI
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
from unitycatalog.ai.core.databricks import DatabricksFunctionClient


def user_client():
    return WorkspaceClient(credentials_strategy=ModelServingUserCredentials())


class Agent(ResponsesAgent):
    def predict(self, request):
        w = user_client()
        w.serving_endpoints.query("scores")  #> serving_endpoint scores (caller)
        w.genie.start_conversation_and_wait("01f0a", "x")  #> genie_space 01f0a (caller)
        w.serving_endpoints.get_open_ai_client().chat.completions.create(model="sdk")  #> serving_endpoint sdk (caller)
        self.tools(w)
        return self.models(client=w)

    def tools(self, w):
        GenieAgent("01f0b", "Sales", client=w)  #> genie_space 01f0b (caller)
        Genie("01f0c", w)  #> genie_space 01f0c (caller)
        UCFunctionToolkit(function_names=["main.tools.add"], client=DatabricksFunctionClient(client=w))  #> function main.tools.add (caller)
        DatabricksFunctionClient(w).execute_function("main.tools.sub")  #> function main.tools.sub (caller)
        DatabricksVectorSearch("main.docs.a", workspace_client=w)  #> vector_search_index main.docs.a (caller)
        DatabricksMCPClient("/api/2.0/mcp/genie/01f0d", w).list_tools()  #> genie_space 01f0d (caller)
        McpServerToolkit.from_uc_function("main", "tools", "mul", workspace_client=w)  #> function main.tools.mul (caller)
        streamablehttp_client("/api/2.0/mcp/external/slack", auth=DatabricksOAuthClientProvider(w))  #> uc_connection slack (caller)

    def models(self, client):
        ChatDatabricks(model="chat", workspace_client=client)  #> serving_endpoint chat (caller)
        DatabricksOpenAI(workspace_client=client).responses.create(model="ours", input="x")  #> serving_endpoint ours (caller)
        by_token = OpenAI(api_key=client.config.token, base_url=f"{client.config.host}/serving-endpoints")
        by_token.chat.completions.create(model="token", messages=[])  #> serving_endpoint token (caller)
        provider = OpenAIProvider(openai_client=AsyncDatabricksOpenAI(workspace_client=client))
        OpenAIChatModel("pydantic", provider=provider)  #> serving_endpoint pydantic (caller)


VectorSearchClient(credential_strategy=CredentialStrategy.MODEL_SERVING_USER_CREDENTIALS).get_index("e", "main.docs.b")  #> vector_search_index main.docs.b (caller)
WorkspaceClient(credentials_provider=FromSDK()).serving_endpoints.query("by-provider")  #> serving_endpoint by-provider (caller)
WorkspaceClient(config=Config(credentials_strategy=FromSDK())).serving_endpoints.query("by-config")  #> serving_endpoint by-config (caller)
either = user_client() if input() else WorkspaceClient()
ChatDatabricks(model="either", workspace_client=either)  #> serving_endpoint either; serving_endpoint either (caller)
either.serving_endpoints.query("also")  #> serving_endpoint also; serving_endpoint also (caller)
ChatDatabricks(model="own")  #> serving_endpoint own
perhaps = WorkspaceClient(credentials_strategy=ModelServingUserCredentials() if input() else None)
perhaps.serving_endpoints.query("perhaps")  #> serving_endpoint perhaps; serving_endpoint perhaps (caller)
