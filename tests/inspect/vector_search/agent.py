"""Indexes: the client old and new, LangChain's store, the SDK."""
from databricks.ai_search.client import VectorSearchClient as NewClient
from databricks.sdk import WorkspaceClient
from databricks.vector_search.client import VectorSearchClient
from databricks_langchain import DatabricksEmbeddings, DatabricksVectorSearch
from langchain_community.vectorstores import DatabricksVectorSearch as OldStore

index = VectorSearchClient(disable_notice=True).get_index("ep", "main.docs.one")  #> vector_search_index main.docs.one
index.similarity_search(query_text="x", columns=["a"], num_results=3)
NewClient().get_index(index_name="main.docs.two")  #> vector_search_index main.docs.two
OldStore(index, text_column="t", embedding=DatabricksEmbeddings(endpoint="bge"))  #> serving_endpoint bge
store = DatabricksVectorSearch(index_name="main.docs.three", endpoint="vs-endpoint")  #> vector_search_index main.docs.three
store.as_retriever(search_kwargs={"k": 3}).invoke("x")
WorkspaceClient().vector_search_indexes.query_index("main.docs.four", columns=["a"])  #> vector_search_index main.docs.four
VectorSearchClient().list_indexes("ep")  #? what it finds is known only when it runs
VectorSearchClient().get_index("ep", "docs.five")  #? 'docs.five' is not a name of three levels
