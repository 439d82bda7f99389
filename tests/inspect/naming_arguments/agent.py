"""Arguments by position, by keyword, by default, collected and passed on."""
import sys

from databricks_langchain import ChatDatabricks


def plain(size, kind="chat", *, version="1"):
    return f"{kind}-{size}-{version}"


ChatDatabricks(model=plain("s"))  #> serving_endpoint chat-s-1
ChatDatabricks(model=plain(kind="k", size="m"))  #> serving_endpoint k-m-1
ChatDatabricks(model=plain(*["l", "starred"]))  #> serving_endpoint starred-l-1
ChatDatabricks(model=plain(**{"size": "d", "version": "2"}))  #> serving_endpoint chat-d-2
ChatDatabricks(model=plain("s", *sys.argv))  #> serving_endpoint chat-s-1  #? the arguments are known only
ChatDatabricks(model=plain("s", **dict(sys.argv)))  #> serving_endpoint chat-s-1  #? is known only


def forwards(*args, **kwargs):
    return plain(*args, **kwargs)


ChatDatabricks(model=forwards("f", version="3"))  #> serving_endpoint chat-f-3


def make(name, **options):
    return ChatDatabricks(model=name, **options)  #> serving_endpoint made


make("made", temperature=0)


def collect(*names, **named):
    return ChatDatabricks(model=names[1] + named["end"])  #> serving_endpoint bc


collect("a", "b", end="c")


def through(**options):
    return ChatDatabricks(**options)  #> serving_endpoint by-options


through(model="by-options", temperature=1)


def joined(*parts):
    return "-".join(parts)


ChatDatabricks(model=joined("x", "y", "z"))  #> serving_endpoint x-y-z
DEFAULT = "default-then"


def late(name=DEFAULT):
    return ChatDatabricks(model=name)  #> serving_endpoint default-then; serving_endpoint given


DEFAULT = "default-now"
late()
late("given")


def only(first, /, second, *, third):
    return first + second + third


ChatDatabricks(model=only("1", "2", third="3"))  #> serving_endpoint 123


def none_given(name=None):
    name = name or "fallback"
    return ChatDatabricks(model=name)  #> serving_endpoint fallback; serving_endpoint own


none_given()
none_given("own")
