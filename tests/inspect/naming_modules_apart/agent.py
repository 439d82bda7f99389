"""Names of other modules: packages that hand them on, stars, names and modules of one name."""
import tools
import tools.deep.names as aliased
from databricks_langchain import ChatDatabricks
from settings_a import *
from settings_b import *
from tools import FIRST, shared
from tools.config import settings
from tools.deep import names

ChatDatabricks(model=FIRST)  #> serving_endpoint first
ChatDatabricks(model=tools.FIRST)  #> serving_endpoint first
ChatDatabricks(model=shared.MODEL)  #> serving_endpoint shared
ChatDatabricks(model=names.DEEP)  #> serving_endpoint deep-package
ChatDatabricks(model=aliased.DEEP)  #> serving_endpoint deep-package
ChatDatabricks(model=tools.again)  #> serving_endpoint again
ChatDatabricks(model=settings.llm)  #> serving_endpoint config-object
ChatDatabricks(model=ONLY_A)  #> serving_endpoint only-a
ChatDatabricks(model=ONLY_B)  #> serving_endpoint only-b
ChatDatabricks(model=BOTH)  #> serving_endpoint both-a; serving_endpoint both-b
ChatDatabricks(model=_PRIVATE)  #? _PRIVATE is known only
ChatDatabricks(model=UNLISTED)  #? UNLISTED is known only
ChatDatabricks(model=str("builtin"))  #> serving_endpoint builtin
