"""A research agent that searches many indexes, with every client and store there is for it."""
from databricks.ai_search.client import AISearchClient
from databricks.ai_search.client import VectorSearchClient as Renamed
from databricks.sdk import WorkspaceClient
from databricks.vector_search.client import VectorSearchClient
from databricks.vector_search.reranker import DatabricksReranker
from databricks_langchain import DatabricksVectorSearch
from databricks_llamaindex import VectorSearchRetrieverTool as ForLlamaIndex
from databricks_openai import VectorSearchRetrieverTool as ForOpenAI
from llama_index.vector_stores.databricks import DatabricksVectorSearch as LlamaStore

CATALOG, SCHEMA = "main", "papers"


def full(name):
    return f"{CATALOG}.{SCHEMA}.{name}"


class Search:
    def __init__(self, endpoint="shared", index=None):
        client = VectorSearchClient(disable_notice=True)
        self.index = client.get_index(endpoint_name=endpoint, index_name=index or full("default"))  #> vector_search_index main.papers.abstracts; vector_search_index main.papers.default

    def run(self, text):
        return self.index.similarity_search(query_text=text, columns=["id"], reranker=DatabricksReranker(columns_to_rerank=["id"]))


search, abstracts = Search(), Search(index=full("abstracts"))
old = VectorSearchClient()
old.get_async_index("shared", full("async_old"))  #> vector_search_index main.papers.async_old
old.index_exists("shared", full("exists_old"))  #> vector_search_index main.papers.exists_old
renamed = Renamed()
renamed.get_async_index(index_name=full("async_renamed"))  #> vector_search_index main.papers.async_renamed
renamed.index_exists(None, full("exists_renamed"))  #> vector_search_index main.papers.exists_renamed
renamed.list_indexes("shared")  #? what it finds is known only when it runs
new = AISearchClient()
new.get_index("shared", full("new"))  #> vector_search_index main.papers.new
new.get_async_index("shared", full("async_new"))  #> vector_search_index main.papers.async_new
new.index_exists("shared", full("exists_new"))  #> vector_search_index main.papers.exists_new
new.list_indexes("shared")  #? what it finds is known only when it runs
new.create_delta_sync_index("shared", full("made"), "id")  #? does not know

store = DatabricksVectorSearch(full("store"), columns=["id"], workspace_client=WorkspaceClient())  #> vector_search_index main.papers.store
llama = LlamaStore(index=old.get_index("shared", full("llama")), text_column="text")  #> vector_search_index main.papers.llama
ForLlamaIndex(index_name=full("tool"), embedding_model_name="bge")  #> vector_search_index main.papers.tool; serving_endpoint bge
ForOpenAI(index_name=full("openai"), workspace_client=WorkspaceClient()).execute("graphs")  #> vector_search_index main.papers.openai

w = WorkspaceClient()
w.vector_search_indexes.get_index(full("sdk_get"))  #> vector_search_index main.papers.sdk_get
w.vector_search_indexes.query_next_page(index_name=full("sdk_next"), page_token="x")  #> vector_search_index main.papers.sdk_next
w.vector_search_indexes.scan_index(full("sdk_scan"))  #> vector_search_index main.papers.sdk_scan
w.vector_search_indexes.list_indexes("shared")  #? what it finds is known only when it runs
