"""A name that is bound again: what counts is what it is where it is read."""
import sys

from databricks_langchain import ChatDatabricks

name = "chat"
ChatDatabricks(model=name)  #> serving_endpoint chat
name = name + "-large"
ChatDatabricks(model=name)  #> serving_endpoint chat-large
name = f"{name}-v2"
name += "-b"
ChatDatabricks(model=name)  #> serving_endpoint chat-large-v2-b


def later():
    return ChatDatabricks(model=name)  #> serving_endpoint chat-large-v2-b; serving_endpoint last


if sys.argv:
    name = "last"
ChatDatabricks(model=name)  #> serving_endpoint chat-large-v2-b; serving_endpoint last

either = "none"
if sys.argv:
    either = "one"
elif sys.platform == "linux":
    either = "two"
else:
    either = "three"
ChatDatabricks(model=either)  #> serving_endpoint one; serving_endpoint two; serving_endpoint three


def early(flag):
    chosen = "first"
    if flag:
        chosen = "returned"
        return ChatDatabricks(model=chosen)  #> serving_endpoint returned
    return ChatDatabricks(model=chosen)  #> serving_endpoint first


early(sys.argv)
try:
    import fancy

    kind = "with-fancy"
except ImportError:
    kind = "without"
ChatDatabricks(model=kind)  #> serving_endpoint with-fancy; serving_endpoint without
unsafe = "before"
try:
    unsafe = "within"
    sys.exit()
except SystemExit:
    ChatDatabricks(model=unsafe)  #> serving_endpoint before; serving_endpoint within
for turn in range(3):
    anew = "x"
    anew = anew + "y"
    ChatDatabricks(model=anew)  #> serving_endpoint xy
gone = "here"
del gone
