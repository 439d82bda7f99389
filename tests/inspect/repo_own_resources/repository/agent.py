import mlflow
from databricks_langchain import ChatDatabricks
from mlflow.models.resources import DatabricksServingEndpoint, DatabricksUCConnection


class Agent(mlflow.pyfunc.PythonModel):
    def __init__(self, llm, *, tickets=True):
        self.llm_name = llm
        self.llm = ChatDatabricks(endpoint=llm)
        self.tickets = tickets

    def predict(self, context, model_input):
        return self.llm.invoke(model_input)

    def get_resources(self):
        found = [DatabricksServingEndpoint(endpoint_name=self.llm_name)]
        if self.tickets:
            found += [DatabricksUCConnection(connection_name="tickets")]
        return found


AGENT = Agent("chat-large")
mlflow.models.set_model(AGENT)
