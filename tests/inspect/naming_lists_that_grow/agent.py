"""Lists and dicts that are changed after they were made, also by another name and in another function."""
import random

from databricks_langchain import ChatDatabricks, UCFunctionToolkit

names = ["main.a.one"]
names.append("main.a.two")
names.extend(["main.a.three", "main.a.four"])
names += ["main.a.five"]
UCFunctionToolkit(function_names=names)  #> function main.a.one; function main.a.two; function main.a.three; function main.a.four; function main.a.five

alias = names_of_b = []
alias.append("main.b.one")


def add(to, name):
    to.append(f"main.b.{name}")


add(names_of_b, "two")
UCFunctionToolkit(function_names=names_of_b)  #> function main.b.one; function main.b.two


class Agent:
    def __init__(self):
        self.functions = []
        self.llms = {}
        for name in ("x", "y"):
            self.functions.append(f"main.{name}.{name}")
        self.add("z")
        self.llms["chat"] = "chat-llm"

    def add(self, name):
        self.functions.append(f"main.c.{name}")

    def make(self):
        UCFunctionToolkit(function_names=self.functions)  #> function main.x.x; function main.y.y; function main.c.z
        return ChatDatabricks(model=self.llms["chat"])  #> serving_endpoint chat-llm


Agent().make()


def collect(prefix):
    found = []
    found.append(prefix + "-chat")
    return found


ChatDatabricks(model=collect("p")[0])  #> serving_endpoint p-chat
ChatDatabricks(model=collect("q")[0])  #> serving_endpoint q-chat

config = {"llm": "first", "nested": {}}
config["llm"] = "second"
config["nested"]["judge"] = "judge"
config.update({"more": "more"}, extra="extra")
config.setdefault("unset", "set")
ChatDatabricks(model=config["llm"])  #> serving_endpoint first; serving_endpoint second
ChatDatabricks(model=config["nested"]["judge"])  #> serving_endpoint judge
ChatDatabricks(model=config["more"])  #> serving_endpoint more
ChatDatabricks(model=config["extra"])  #> serving_endpoint extra
ChatDatabricks(model=config["unset"])  #> serving_endpoint set
ChatDatabricks(model=config.get("gone", "default"))  #> serving_endpoint default

moved = ["a", "b"]
moved.reverse()
ChatDatabricks(model=moved[0])  #> serving_endpoint a; serving_endpoint b
inserted = ["c"]
inserted.insert(0, "d")
ChatDatabricks(model=inserted[0])  #> serving_endpoint c; serving_endpoint d
replaced = ["e"]
replaced[0] = "f"
ChatDatabricks(model=replaced[0])  #> serving_endpoint e; serving_endpoint f


def default(name, seen=[]):
    seen.append(name)
    return ChatDatabricks(model=seen[0])  #> serving_endpoint g; serving_endpoint h


default("g")
default("h")
unknown = {"a": "k"}
unknown[random.choice("ab")] = "l"
ChatDatabricks(model=unknown["a"])  #> serving_endpoint k; serving_endpoint l
UCFunctionToolkit(function_names=[*names_of_b, *random.sample(names, 1)])  #> function main.b.one; function main.b.two  #? random.sample() is known only
