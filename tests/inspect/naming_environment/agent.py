"""The environment in every way: what is declared, what the code sets, what the platform sets."""
import os
from os import environ, getenv

from databricks_langchain import ChatDatabricks
from dotenv import load_dotenv

load_dotenv()
os.environ["A"] = "a-set"
os.environ.setdefault("A", "a-unused")
os.environ.setdefault("B", "b-default")
os.environ.update({"C": "c-updated"}, D="d-updated")
for name in ("E", "F"):
    os.environ[f"{name}_MODEL"] = f"{name.lower()}-looped"
ChatDatabricks(model=os.environ["A"])  #> serving_endpoint a-declared; serving_endpoint a-set
ChatDatabricks(model=os.environ["B"])  #> serving_endpoint b-default
ChatDatabricks(model=environ["C"])  #> serving_endpoint c-updated
ChatDatabricks(model=getenv("D", "d-default"))  #> serving_endpoint d-updated; serving_endpoint d-default
ChatDatabricks(model=os.environ["E_MODEL"])  #> serving_endpoint e-looped
ChatDatabricks(model=os.environ.get("F_MODEL"))  #> serving_endpoint f-looped
ChatDatabricks(model=os.environ.get("GONE") or "or-default")  #> serving_endpoint or-default
ChatDatabricks(model=os.environ.get("GONE", os.environ.get("G", "inner")))  #> serving_endpoint g-declared
ChatDatabricks(model=os.getenv(key="G"))  #> serving_endpoint g-declared
ChatDatabricks(model=os.getenv("G" + "", default="x"))  #> serving_endpoint g-declared
ChatDatabricks(model=os.getenv("DATABRICKS_RUNTIME_VERSION", "platform-default"))  #? is set where the agent runs
ChatDatabricks(model="serving" if os.getenv("IS_IN_DB_MODEL_SERVING_ENV") else "local")  #> serving_endpoint serving; serving_endpoint local
ChatDatabricks(model=os.getenv(os.getenv("G"), "by-name"))  #> serving_endpoint by-name
ChatDatabricks(model=os.getenv(input(), "x"))  #? the name of the environment variable
get = os.environ.get
ChatDatabricks(model=get("G"))  #> serving_endpoint g-declared
ChatDatabricks(model=os.environ.copy()["G"])  #? is known only when it runs
ChatDatabricks(model=f"{os.getenv('G', 'x')}-{os.getenv('H', 'h')}")  #> serving_endpoint g-declared-h


def env(name, default=None):
    value = os.environ.get(name, default)
    if value is None:
        raise ValueError(name)
    return value


ChatDatabricks(model=env("G"))  #> serving_endpoint g-declared
ChatDatabricks(model=env("GONE", "helped"))  #> serving_endpoint helped
