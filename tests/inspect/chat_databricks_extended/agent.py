"""Classes of the agent's own on top of ChatDatabricks, partials, and factories of it."""
from functools import partial

from databricks_langchain import ChatDatabricks, DatabricksEmbeddings


class Careful(ChatDatabricks):
    def invoke(self, *args, **kwargs):
        return super().invoke(*args, **kwargs)


class Fixed(ChatDatabricks):
    def __init__(self, **kwargs):
        super().__init__(model="fixed", temperature=0, **kwargs)  #> serving_endpoint fixed


class Router:
    llm = ChatDatabricks(model="routes")  #> serving_endpoint routes
    models = {"small": "small-llm", "large": "large-llm"}

    def pick(self, size):
        return ChatDatabricks(model=self.models[size])  #> serving_endpoint large-llm; serving_endpoint small-llm


MAKE = {"chat": partial(ChatDatabricks, temperature=0)}  #? `model` is not given
make_exact = partial(ChatDatabricks, endpoint="exact")  #> serving_endpoint exact
careful = Careful(endpoint="careful")  #> serving_endpoint careful
fixed = Fixed(timeout=5)
routes = [Router().pick(size) for size in ("small", "large")]
settings = {"endpoint": "spread", "max_tokens": 5}
ChatDatabricks(**settings)  #> serving_endpoint spread
DatabricksEmbeddings(endpoint="databricks-bge")  #> serving_endpoint databricks-bge
