"""Constants across modules, packages and stars; a module that nothing imports does not count."""
import tools.search
from settings import CATALOG, LLM as MODEL
from shared import *
from tools import chat
from tools.search import index as make_index

chat.make()
tools.search.index("one")
make_index("two")
llm = chat.ChatDatabricks(model=MODEL)  #> serving_endpoint big
star = chat.ChatDatabricks(model=STARRED)  #> serving_endpoint starred
name = f"{CATALOG}.docs"
