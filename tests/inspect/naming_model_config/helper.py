from databricks_langchain import ChatDatabricks


class Helper:
    def __init__(self, config):
        self.config = config

    def ask(self):
        return ChatDatabricks(model=self.config.get("llm"))  #> serving_endpoint stack-llm
