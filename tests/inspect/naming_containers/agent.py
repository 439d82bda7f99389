"""Dicts and lists: merged, nested, unpacked, cut, looked up."""
import random
from collections import ChainMap
from types import SimpleNamespace

from databricks_langchain import ChatDatabricks

BASE = {"llm": "base", "judge": "judge"}
OVER = BASE | {"llm": "over"}
ChatDatabricks(model=OVER["llm"])  #> serving_endpoint over
ChatDatabricks(model={**BASE, "llm": "spread"}["llm"])  #> serving_endpoint spread
ChatDatabricks(model={"llm": "lost", **BASE}["llm"])  #> serving_endpoint base
ChatDatabricks(model={"llm": "kept", **random.choice([])}["llm"])  #> serving_endpoint kept  #? random.choice() is known only
ChatDatabricks(model=dict(BASE, llm="keyword")["llm"])  #> serving_endpoint keyword
ChatDatabricks(model=dict(zip(["a", "b"], ["za", "zb"]))["b"])  #> serving_endpoint zb
ChatDatabricks(model=dict([("k", "pairs")])["k"])  #> serving_endpoint pairs
ChatDatabricks(model=ChainMap({"x": "front"}, {"x": "behind", "y": "back"})["x"])  #> serving_endpoint front
ChatDatabricks(model=ChainMap({"x": "front"}, {"x": "behind", "y": "back"})["y"])  #> serving_endpoint back
ChatDatabricks(model=SimpleNamespace(llm="namespace").llm)  #> serving_endpoint namespace
NESTED = {"models": [{"name": "deep"}, {"name": "deeper"}]}
ChatDatabricks(model=NESTED["models"][1]["name"])  #> serving_endpoint deeper
ChatDatabricks(model=NESTED["models"][-1]["name"])  #> serving_endpoint deeper
first, *rest = ["f", "r1", "r2"]
ChatDatabricks(model=rest[1])  #> serving_endpoint r2
*head, tail = ("h", "t")
ChatDatabricks(model=tail)  #> serving_endpoint t
(a, b), c = ["pa", "pb"], "pc"
ChatDatabricks(model=b)  #> serving_endpoint pb
ChatDatabricks(model=["s0", "s1", "s2"][1:][0])  #> serving_endpoint s1
ChatDatabricks(model="prefix-chat"[7:])  #> serving_endpoint chat
ChatDatabricks(model=[*rest, "star"][-1])  #> serving_endpoint star
ChatDatabricks(model=("t0", "t1")[True])  #> serving_endpoint t1
ChatDatabricks(model=BASE.get("missing", "default"))  #> serving_endpoint default
ChatDatabricks(model=BASE.get("llm", "default"))  #> serving_endpoint base
ChatDatabricks(model=BASE.get(random.choice("ab"), "default"))  #> serving_endpoint base; serving_endpoint judge; serving_endpoint default  #? the key is known only
ChatDatabricks(model=BASE["missing"])  #? there is no key 'missing'
POPPED = {"llm": "popped"}
ChatDatabricks(model=POPPED.pop("llm"))  #> serving_endpoint popped
ChatDatabricks(model=POPPED.get("llm", "default"))  #> serving_endpoint popped; serving_endpoint default
ChatDatabricks(model=next(iter(["next"])))  #> serving_endpoint next
ChatDatabricks(model=list(BASE)[0])  #> serving_endpoint llm
ChatDatabricks(model=dict.fromkeys(["p", "q"], "same")["q"])  #> serving_endpoint same
ChatDatabricks(model=(["one"] + ["two"])[1])  #> serving_endpoint two
ChatDatabricks(model=(["r"] * 3)[2])  #> serving_endpoint r
ChatDatabricks(model="yes" if "llm" in BASE else "no")  #> serving_endpoint yes
ChatDatabricks(model="yes" if "x" in ("x", "y") else "no")  #> serving_endpoint yes
