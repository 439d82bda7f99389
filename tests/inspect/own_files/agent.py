"""Files that the agent reads itself."""
import json
import os
from pathlib import Path

import yaml
from databricks_langchain import ChatDatabricks

HERE = Path(__file__).parent
with open(os.path.join(os.path.dirname(__file__), "settings", "models.yaml")) as file:
    MODELS = yaml.safe_load(file)
MORE = json.loads((HERE / "settings" / "more.json").read_text())
SAME = yaml.safe_load(Path(__file__).with_name("same.yaml").open())

ChatDatabricks(model=MODELS["chat"])  #> serving_endpoint from-yaml
ChatDatabricks(model=MORE["models"][0]["name"])  #> serving_endpoint from-json
ChatDatabricks(model=SAME.get("chat", "default"))  #> serving_endpoint default
ChatDatabricks(model=yaml.safe_load(open(input()))["chat"])  #? which file it reads
