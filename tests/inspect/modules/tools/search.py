from databricks_langchain import VectorSearchRetrieverTool

from settings import CATALOG


def index(name):
    return VectorSearchRetrieverTool(index_name=f"{CATALOG}.docs.{name}")  #> vector_search_index main.docs.one; vector_search_index main.docs.two
