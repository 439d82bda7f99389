"""Variables: declared, with defaults, secret, set by the code, unknown."""
import os
from os import environ

from databricks_langchain import ChatDatabricks

os.environ["SET"] = "set-here"
os.environ.setdefault("ALSO", "set-too")

ChatDatabricks(model=os.environ["DECLARED"])  #> serving_endpoint declared
ChatDatabricks(model=os.getenv("DECLARED", "other"))  #> serving_endpoint declared
ChatDatabricks(model=os.environ.get("MISSING", "default"))  #> serving_endpoint default
ChatDatabricks(model=os.getenv("MISSING") or "fallback")  #> serving_endpoint fallback
ChatDatabricks(model=environ["SET"])  #> serving_endpoint set-here
ChatDatabricks(model=os.environ["ALSO"])  #> serving_endpoint set-too
ChatDatabricks(model=os.environ["MISSING"])  #? the environment variable MISSING is not among
ChatDatabricks(model=os.environ["SECRET"])  #? the environment variable SECRET is a secret
ChatDatabricks(model=os.environ["VAULT"])  #? the environment variable VAULT is a secret
