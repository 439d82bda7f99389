from databricks_langchain import ChatDatabricks

from ..settings import CATALOG  # does not resolve at the top, as in Python
from .names import SMALL


def make():
    return ChatDatabricks(model=SMALL)  #> serving_endpoint small
