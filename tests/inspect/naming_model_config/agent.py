"""MLflow's model config in every way that agents read it."""
import mlflow
from databricks_langchain import ChatDatabricks
from helper import Helper
from mlflow.models import ModelConfig
from mlflow.pyfunc import PythonModel

CONFIG = ModelConfig(development_config="config.yaml")
chat = CONFIG.get("chat")
ChatDatabricks(model=chat["endpoint"])  #> serving_endpoint chat-endpoint
ChatDatabricks(model=chat.get("judge", "judge-default"))  #> serving_endpoint judge-default
ChatDatabricks(model=CONFIG.to_dict()["llm"])  #> serving_endpoint stack-llm
ChatDatabricks(model=mlflow.models.ModelConfig(development_config={"llm": "inline"}).get("llm"))  #> serving_endpoint stack-llm


class Agent(PythonModel):
    def __init__(self, config=None):
        self.config = config or CONFIG
        self.llm = self.config.get("llm")
        self.tools = {tool["name"]: tool for tool in self.config.get("tools")}

    def load_context(self, context):
        self.judge = ChatDatabricks(model=context.model_config["judge"])  #> serving_endpoint judge-llm
        self.other = ChatDatabricks(model=context.model_config.get("gone", "context-default"))  #> serving_endpoint context-default

    def predict(self, context, model_input):
        for name, tool in self.tools.items():
            ChatDatabricks(model=f"{name}-{tool['size']}")  #> serving_endpoint t1-big; serving_endpoint t2-small
        return ChatDatabricks(model=self.llm)  #> serving_endpoint stack-llm


AGENT = Agent()
Helper(CONFIG).ask()
for tool in CONFIG.get("tools"):
    ChatDatabricks(model=tool["name"])  #> serving_endpoint t1; serving_endpoint t2
section = CONFIG.get("chat")
ChatDatabricks(model=f"{section['endpoint']}/{CONFIG.get('llm')}")  #> serving_endpoint chat-endpoint/stack-llm
ChatDatabricks(model=CONFIG.get("gone"))  #? neither config.yaml nor model_config has a key 'gone'
mlflow.models.set_model(AGENT)
