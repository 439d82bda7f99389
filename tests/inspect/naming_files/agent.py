"""Names in files beside the code: YAML, JSON, TOML, as text, by package, with attributes."""
import json
import os
import tomllib
from importlib import resources
from pathlib import Path

import yaml
from databricks_langchain import ChatDatabricks
from omegaconf import OmegaConf

HERE = Path(__file__).parent
ChatDatabricks(model=yaml.safe_load(open("names.yaml"))["llm"])  #> serving_endpoint yaml-llm
ChatDatabricks(model=yaml.safe_load((HERE / "names.yaml").read_text())["nested"]["judge"])  #> serving_endpoint yaml-judge
ChatDatabricks(model=yaml.load(open(os.path.join(os.path.dirname(__file__), "names.yaml")), Loader=yaml.SafeLoader)["llm"])  #> serving_endpoint yaml-llm
with open(HERE / "names.json") as file:
    ChatDatabricks(model=json.load(file)["llm"])  #> serving_endpoint json-llm
ChatDatabricks(model=json.loads(Path("names.json").read_text())["llms"][1])  #> serving_endpoint json-two
ChatDatabricks(model=json.loads('{"llm": "inline"}')["llm"])  #> serving_endpoint inline
with HERE.joinpath("names.toml").open("rb") as file:
    ChatDatabricks(model=tomllib.load(file)["agent"]["llm"])  #> serving_endpoint toml-llm
ChatDatabricks(model=OmegaConf.load("names.yaml").nested.judge)  #> serving_endpoint yaml-judge
ChatDatabricks(model=OmegaConf.create({"a": {"b": "created"}}).a.b)  #> serving_endpoint created
ChatDatabricks(model=yaml.safe_load(resources.files("data").joinpath("more.yaml").read_text())["llm"])  #> serving_endpoint package-llm
ChatDatabricks(model=yaml.safe_load(open("gone.yaml"))["llm"])  #? which file it reads is known only
loaded = yaml.safe_load(open("names.yaml"))
loaded["nested"]["added"] = "added"
ChatDatabricks(model=loaded["nested"]["added"])  #> serving_endpoint added
for name in loaded["list"]:
    ChatDatabricks(model=f"{name}-{name}")  #> serving_endpoint l1-l1; serving_endpoint l2-l2
for spec in loaded["specs"]:
    ChatDatabricks(**spec)  #> serving_endpoint s1; serving_endpoint s2
