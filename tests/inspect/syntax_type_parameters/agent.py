"""Type parameters and type aliases, of Python 3.12 and 3.13."""
from databricks_langchain import ChatDatabricks, DatabricksEmbeddings

type Names[T] = dict[str, T]
type Maker = (
    ChatDatabricks | DatabricksEmbeddings
)

names: Names[str] = {"llm": "chat", "embedding": "small"}


def first[T: (str, int), *Ts, **P](items: list[T]) -> T:
    return items[0]


class Holder[
    T,  # whatever it holds
    U = str,
]:
    name = names["llm"]

    def make[V](self, kind: type[V]) -> ChatDatabricks:
        return ChatDatabricks(model=self.name)  #> serving_endpoint chat


Holder().make(str)
embeddings = DatabricksEmbeddings(endpoint=names["embedding"])  #> serving_endpoint small
other = ChatDatabricks(model=first(["large"]))  #> serving_endpoint large
