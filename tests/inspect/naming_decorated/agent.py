"""Functions that decorators change, and those that they do not."""
import functools
from contextlib import contextmanager
from functools import cache, lru_cache, partial, singledispatch, wraps

import mlflow
import some_library
from databricks_langchain import ChatDatabricks
from tenacity import retry


@cache
def cached():
    return "cached"


@lru_cache(maxsize=1)
def cached_once():
    return "cached-once"


@mlflow.trace(name="x")
def traced():
    return "traced"


@retry(stop=3)
def retried():
    return "retried"


@some_library.changes
def changed():
    return "before"


def suffix(text):
    def decorate(function):
        @wraps(function)
        def wrapper(*args, **kwargs):
            return function(*args, **kwargs) + text

        return wrapper

    return decorate


def replaced(function):
    return lambda: "replaced"


@suffix("-s")
def suffixed(name):
    return name


@replaced
def gone():
    return "gone"


@contextmanager
def opened():
    yield "opened"


@singledispatch
def dispatched(value):
    return "dispatched"


ChatDatabricks(model=cached())  #> serving_endpoint cached
ChatDatabricks(model=cached_once())  #> serving_endpoint cached-once
ChatDatabricks(model=traced())  #> serving_endpoint traced
ChatDatabricks(model=retried())  #> serving_endpoint retried
ChatDatabricks(model=changed())  #> serving_endpoint before  #? what changed() becomes by its decorator
ChatDatabricks(model=suffixed("n"))  #> serving_endpoint n-s
ChatDatabricks(model=gone())  #> serving_endpoint replaced
with opened() as name:
    ChatDatabricks(model=name)  #> serving_endpoint opened
ChatDatabricks(model=dispatched(1))  #> serving_endpoint dispatched  #? what dispatched() becomes
named = partial(suffixed, "p")
ChatDatabricks(model=named())  #> serving_endpoint p-s
full = functools.partial("{}-{}".format, "fixed")
cold = partial(ChatDatabricks, temperature=0, model="partial")  #> serving_endpoint partial
cold(model="over")  #> serving_endpoint over
