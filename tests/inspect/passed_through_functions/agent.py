"""Clients that are made in one place, kept in another, and called in a third."""
from dataclasses import dataclass

from databricks.sdk import WorkspaceClient
from databricks.vector_search.client import VectorSearchClient
from openai import OpenAI


def workspace():
    return WorkspaceClient()


def llm_client(w=None):
    w = w or workspace()
    return OpenAI(base_url=f"{w.config.host}/serving-endpoints", api_key=w.config.token)


@dataclass
class Services:
    llm: OpenAI
    search: VectorSearchClient
    workspace: WorkspaceClient


class Base:
    model = "base-llm"

    def __init__(self, services):
        self.services = services

    def complete(self, text):
        return self.services.llm.chat.completions.create(model=self.model, messages=text)  #> serving_endpoint base-llm


class Assistant(Base):
    def find(self, text, index="main.docs.help"):
        return self.services.search.get_index("shared", index).similarity_search(query_text=text)  #> vector_search_index main.docs.help

    def route(self, text):
        return self.services.workspace.serving_endpoints.query(name="router", inputs=[text])  #> serving_endpoint router


AGENT = Assistant(Services(llm=llm_client(), search=VectorSearchClient(), workspace=workspace()))
CLIENTS = {"main": llm_client(workspace())}
CLIENTS["main"].chat.completions.create(model="by-key", messages=[])  #> serving_endpoint by-key
