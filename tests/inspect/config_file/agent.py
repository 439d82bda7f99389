"""Names in config.yaml, with what the program says over them."""
import mlflow
from databricks_langchain import ChatDatabricks
from mlflow.models import ModelConfig

config = ModelConfig(development_config="config.yaml")
whole = mlflow.models.ModelConfig(development_config={"llm": "for development"}).to_dict()

ChatDatabricks(model=config.get("llm"))  #> serving_endpoint from-the-stack
ChatDatabricks(model=config.get("judge")["endpoint"])  #> serving_endpoint from-the-file
ChatDatabricks(model=whole["judge"]["endpoint"])  #> serving_endpoint from-the-file
ChatDatabricks(model=whole.get("llm"))  #> serving_endpoint from-the-stack
ChatDatabricks(model=config.get("none"))  #? neither config.yaml nor model_config has a key 'none'
for name in config.get("others"):
    ChatDatabricks(model=name)  #> serving_endpoint a; serving_endpoint b
