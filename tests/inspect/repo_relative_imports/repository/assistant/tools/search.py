from databricks_langchain import VectorSearchRetrieverTool

from ..names import INDEX

TOOL = VectorSearchRetrieverTool(index_name=INDEX)
