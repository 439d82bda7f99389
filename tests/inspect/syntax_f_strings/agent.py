"""Strings with their own quotes, line ends and comments inside, of Python 3.12; t-strings of 3.14."""
import os

from databricks_langchain import ChatDatabricks, VectorSearchRetrieverTool

config = {"catalog": "main", "schema": "support", "parts": ["fast", "chat"]}
name = f"{config["catalog"]}.{config["schema"]}"
tool = VectorSearchRetrieverTool(index_name=f"{name}.{"docs"}")  #> vector_search_index main.support.docs
nested = VectorSearchRetrieverTool(  #> vector_search_index main.support.more
    index_name=f"{f"{f"{config["catalog"]}"}.{config["schema"]}"}." "more"
)
lines = ChatDatabricks(  #> serving_endpoint fast-chat
    model=f"{
        config["parts"][0]  # the first
    }-{config['parts'][1]}"
)
joined = ChatDatabricks(model=f"{"-".join(config["parts"])}")  #> serving_endpoint fast-chat
template = ChatDatabricks(model=t"t-{config["parts"][1]}")  #> serving_endpoint t-chat
unknown = ChatDatabricks(model=f"x-{os.environ["LLM"]}")  #? LLM is not among
