"""Every way to put a text together, with what is unknown in it."""
import sys
from string import Template

from databricks_langchain import ChatDatabricks

SIZE, VERSION, WIDTH = "large", 3, 4
ChatDatabricks(model=f"chat-{SIZE!s}")  #> serving_endpoint chat-large
ChatDatabricks(model=f"chat-{VERSION:02d}")  #> serving_endpoint chat-03
ChatDatabricks(model=f"chat-{VERSION:0{WIDTH}d}")  #> serving_endpoint chat-0003
ChatDatabricks(model=f"chat-{SIZE!r}")  #> serving_endpoint chat-'large'
ChatDatabricks(model=f"chat-{VERSION + 1}")  #> serving_endpoint chat-4
ChatDatabricks(model=f"chat-{SIZE:>7}".replace(" ", "_"))  #> serving_endpoint chat-__large
ChatDatabricks(model="chat-" "implicit")  #> serving_endpoint chat-implicit
ChatDatabricks(model="chat-%(size)s-%(v)02d" % {"size": SIZE, "v": VERSION})  #> serving_endpoint chat-large-03
ChatDatabricks(model="chat-%s" % SIZE)  #> serving_endpoint chat-large
ChatDatabricks(model="chat-{0}-{1:02d}".format(SIZE, VERSION))  #> serving_endpoint chat-large-03
ChatDatabricks(model="chat-{x[y]}".format(x={"y": SIZE}))  #? it is known only when it runs
ChatDatabricks(model="{size}".format_map({"size": SIZE}))  #> serving_endpoint large
ChatDatabricks(model=Template("chat-$size-${v}").substitute(size=SIZE, v=VERSION))  #> serving_endpoint chat-large-3
ChatDatabricks(model=Template("chat-$size-$v").safe_substitute({"size": SIZE}))  #> serving_endpoint chat-large-$v
ChatDatabricks(model="-".join(["chat", SIZE]))  #> serving_endpoint chat-large
ChatDatabricks(model="-".join(f"{n}" for n in ("a", "b")))  #> serving_endpoint a-b
ChatDatabricks(model="/".join(reversed("main.chat".split("."))))  #> serving_endpoint chat/main
ChatDatabricks(model="models/chat".rpartition("/")[2])  #> serving_endpoint chat
ChatDatabricks(model="models/chat".removeprefix("models/"))  #> serving_endpoint chat
ChatDatabricks(model=" chat\n".strip())  #> serving_endpoint chat
ChatDatabricks(model="Chat".lower().upper().title())  #> serving_endpoint Chat
ChatDatabricks(model="ab" * 2)  #> serving_endpoint abab
ChatDatabricks(model=str(VERSION))  #> serving_endpoint 3
ChatDatabricks(model="chat".encode().decode())  #> serving_endpoint chat
ChatDatabricks(model=f"{SIZE}-{sys.argv[1]}")  #? sys.argv[] is known only
ChatDatabricks(model="a-%s-b" % sys.argv[1])  #? sys.argv[] is known only
ChatDatabricks(model=f"x.{sys.argv[1]}.y".split(".")[0])  #? sys.argv[] is known only
ChatDatabricks(model=sys.argv[1].lower())  #? is known only when it runs
ChatDatabricks(model="-".join(sys.argv))  #? what is joined is known only
ChatDatabricks(model=f"{None}")  #> serving_endpoint None
either = "e1" if sys.argv else "e2"
ChatDatabricks(model=f"{either}-{either}")  #> serving_endpoint e1-e1; serving_endpoint e2-e2
ChatDatabricks(model=either + "+" + either)  #> serving_endpoint e1+e1; serving_endpoint e2+e2
