"""Classes by the names of Databricks' own, of the agent itself and of packages that are not Databricks'."""
import clients
from acme_llm import ChatDatabricks as Acme
from acme_llm.databricks import GenieAgent, UCFunctionToolkit
from clients import VectorSearchClient
from genie_sdk import Genie
from qdrant_langchain import DatabricksVectorSearch
from web_agents import Agent


class ChatDatabricks:
    """Talks to a file."""

    def __init__(self, model):
        self.model = model

    def invoke(self, text):
        return text


class WorkspaceClient:
    def __init__(self):
        self.serving_endpoints = clients.Endpoints()


ChatDatabricks(model="a").invoke("x")
Acme(endpoint="b")
GenieAgent(genie_space_id="01f0")
UCFunctionToolkit(function_names=["main.tools.add"])
VectorSearchClient().get_index("e", "main.docs.a")
Genie("01f0")
DatabricksVectorSearch(index_name="main.docs.b")
Agent(model="c")
WorkspaceClient().serving_endpoints.query("d")
clients.OpenAI(base_url="https://w.example.com/serving-endpoints").chat.completions.create(model="e")
