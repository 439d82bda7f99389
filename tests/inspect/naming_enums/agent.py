"""Members of enums: as they are, their values and names, and how they are written."""
from enum import Enum, StrEnum, auto

from databricks_langchain import ChatDatabricks


class Text(str, Enum):
    BIG = "big-model"
    SMALL = "small-model"


class Named(StrEnum):
    FAST = auto()
    SLOW = "slow-model"


class Plain(Enum):
    ONE = "one-model"
    TWO = "two-model"

    @property
    def endpoint(self):
        return f"{self.value}-endpoint"


ChatDatabricks(model=Text.BIG)  #> serving_endpoint big-model
ChatDatabricks(model=Text.BIG.value)  #> serving_endpoint big-model
ChatDatabricks(model=f"{Text.BIG.value}-v1")  #> serving_endpoint big-model-v1
ChatDatabricks(model=f"{Text.BIG}-v1")  #? depends on the version of Python
ChatDatabricks(model=Text("small-model"))  #> serving_endpoint small-model
ChatDatabricks(model=Named.FAST)  #> serving_endpoint fast
ChatDatabricks(model=f"{Named.SLOW}-v1")  #> serving_endpoint slow-model-v1
ChatDatabricks(model=Plain.ONE.value)  #> serving_endpoint one-model
ChatDatabricks(model=Plain.ONE)  #? it is a member of an enum
ChatDatabricks(model=Plain["TWO"].value)  #> serving_endpoint two-model
ChatDatabricks(model=Plain.ONE.name)  #> serving_endpoint ONE
ChatDatabricks(model=Plain.TWO.endpoint)  #> serving_endpoint two-model-endpoint
for member in Plain:
    ChatDatabricks(model=member.value)  #> serving_endpoint one-model; serving_endpoint two-model
ROUTES = {Plain.ONE: "route-one", Plain.TWO: "route-two"}
ChatDatabricks(model=ROUTES[Plain.TWO])  #> serving_endpoint route-two
ChatDatabricks(model=[each.value for each in Text][1])  #> serving_endpoint small-model
ChatDatabricks(model="same" if Text.BIG == "big-model" else "other")  #> serving_endpoint same
