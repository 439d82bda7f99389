"""Parameters of functions that somebody else calls, or may call besides."""
import threading
from concurrent.futures import ThreadPoolExecutor

from databricks_langchain import ChatDatabricks
from langchain_core.tools import tool
from langgraph.graph import StateGraph
from mlflow.pyfunc import ChatAgent
import some_library


@tool
def asked(question, model="by-default"):
    """A tool."""
    return ChatDatabricks(model=model)  #> serving_endpoint by-default  #? `model` is given to asked() by somebody else


def node(state, model="node-default"):
    return ChatDatabricks(model=model)  #> serving_endpoint node-default; serving_endpoint directly  #? `model` is given to node() by somebody else


graph = StateGraph(dict)
graph.add_node("node", node)
node({}, "directly")


def lonely(model):
    return ChatDatabricks(model=model)  #? `model` is given to lonely() by somebody else


def lonely_default(model="lonely"):
    return ChatDatabricks(model=model)  #> serving_endpoint lonely


class Agent(ChatAgent):
    def predict(self, messages, context=None, custom_inputs=None):
        self.helper("helped")
        return ChatDatabricks(model=custom_inputs["model"])  #? is known only when it runs

    def helper(self, model):
        return ChatDatabricks(model=model)  #> serving_endpoint helped

    def unused(self, model="unused-default"):
        return ChatDatabricks(model=model)  #> serving_endpoint unused-default


def worker(model):
    return ChatDatabricks(model=model)  #> serving_endpoint in-a-pool; serving_endpoint in-a-thread


ThreadPoolExecutor().submit(worker, "in-a-pool")
threading.Thread(target=worker, args=("in-a-thread",)).start()


def apply(function, value):
    return function(value)


def applied(model):
    return ChatDatabricks(model=model)  #> serving_endpoint applied


apply(applied, "applied")


class Runner:
    def run(self, model):
        return ChatDatabricks(model=model)  #> serving_endpoint one; serving_endpoint two


def start(runner):
    runner.run("two")


Runner().run("one")
some_library.on_start(start)
