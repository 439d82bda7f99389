"""Code that is text when it is read can use anything; a comment says that it does not."""
import ast

from databricks_langchain import ChatDatabricks


def calculate(expression: str) -> float:
    return eval(expression, {"__builtins__": {}})  #? the code that it runs is text


def run(code: str) -> None:
    exec(code)  #? the code that it runs is text


def safely(text: str) -> object:
    return ast.literal_eval(text)


def plot(code: str) -> None:
    exec(compile(code, "plot", "exec"))  # agentry: uses nothing


class Frame:
    def eval(self, text: str) -> str:
        return text


Frame().eval("a + b")
ChatDatabricks(model="chat").bind_tools([calculate, run, safely, plot])  #> serving_endpoint chat
