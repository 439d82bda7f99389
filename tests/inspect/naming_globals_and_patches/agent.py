"""Names that other functions and modules change."""
import os
import sys

import constants
from databricks_langchain import ChatDatabricks

MODEL = "at-first"
OTHER = "other"


def init():
    global MODEL
    MODEL = "by-init"


init()
ChatDatabricks(model=MODEL)  #> serving_endpoint at-first; serving_endpoint by-init
constants.LLM = "patched"
ChatDatabricks(model=constants.LLM)  #> serving_endpoint from-constants; serving_endpoint patched
globals()["OTHER"] = "by-globals"
ChatDatabricks(model=OTHER)  #> serving_endpoint other; serving_endpoint by-globals
setattr(constants, "JUDGE", "by-setattr")
ChatDatabricks(model=constants.JUDGE)  #> serving_endpoint judge; serving_endpoint by-setattr
ChatDatabricks(model=getattr(constants, "LLM"))  #> serving_endpoint from-constants; serving_endpoint patched
ChatDatabricks(model=getattr(constants, "GONE", "getattr-default"))  #> serving_endpoint getattr-default  #? constants.py has no `GONE`
ChatDatabricks(model=constants.GONE)  #? constants.py has no `GONE`
ChatDatabricks(model=getattr(constants, sys.argv[1]))  #? which name it asks for


class Settings:
    llm = "class-level"


Settings.llm = "set-outside"
ChatDatabricks(model=Settings.llm)  #> serving_endpoint class-level; serving_endpoint set-outside
settings = Settings()
settings.judge = "on-the-object"
ChatDatabricks(model=settings.judge)  #> serving_endpoint on-the-object
os.environ["LLM"] = "set-by-code"
ChatDatabricks(model=os.environ["LLM"])  #> serving_endpoint declared; serving_endpoint set-by-code
