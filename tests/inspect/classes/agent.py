"""Objects of the agent's own: attributes, arguments, dataclasses, properties, subclasses."""
from dataclasses import dataclass
from enum import Enum

from databricks.sdk import WorkspaceClient
from databricks_langchain import ChatDatabricks
from mlflow.pyfunc import ChatAgent


class Model(str, Enum):
    BIG = "big-model"


@dataclass
class Settings:
    llm: str = "default-model"
    index: str = ""


class Mine(ChatDatabricks):
    pass


class Named(ChatDatabricks):
    def __init__(self, name):
        super().__init__(model=name)  #> serving_endpoint named


class Helper(ChatAgent):
    endpoint = "class-attribute"

    def __init__(self, model, settings):
        self.client = WorkspaceClient()
        self.model = model
        self.settings = settings

    @property
    def name(self):
        return self.model.upper().lower()

    def predict(self, messages, context=None, custom_inputs=None):
        self.client.serving_endpoints.query(self.model)  #> serving_endpoint instance-argument
        self.client.serving_endpoints.query(self.endpoint)  #> serving_endpoint class-attribute
        self.client.serving_endpoints.query(self.name)  #> serving_endpoint instance-argument
        return self._ask(self.settings.llm)

    def _ask(self, model):
        return self.client.serving_endpoints.query(model)  #> serving_endpoint default-model


AGENT = Helper("instance-argument", Settings(index="x"))
ChatDatabricks(model=Model.BIG.value)  #> serving_endpoint big-model
ChatDatabricks(model=Settings(llm="given").llm)  #> serving_endpoint given
Mine(model="subclassed")  #> serving_endpoint subclassed
Named("named")
