"""VectorSearchRetrieverTool, and its embedding endpoint where it has one."""
from databricks_langchain import VectorSearchRetrieverTool
from databricks_openai import VectorSearchRetrieverTool as OpenAITool

one = VectorSearchRetrieverTool(index_name="main.docs.one", num_results=3)  #> vector_search_index main.docs.one
two = OpenAITool(index_name="main.docs.two", embedding_model_name="bge")  #> vector_search_index main.docs.two; serving_endpoint bge
TOOLS = [VectorSearchRetrieverTool(index_name=f"main.docs.{n}") for n in ("a", "b")]  #> vector_search_index main.docs.a; vector_search_index main.docs.b
