"""Question answering in DSPy, over an index, with its own classes and those of Databricks."""
import dspy
from databricks_dspy import DatabricksLM
from databricks_dspy import DatabricksRM as NewRetriever
from dspy.retrieve.databricks_rm import DatabricksRM

INDEX = "main.docs.faq"
lm = dspy.LM("databricks/databricks-claude", max_tokens=500)  #> serving_endpoint databricks-claude
dspy.configure(lm=lm)
judge = DatabricksLM(model="databricks/judge")  #> serving_endpoint judge
hosted = dspy.LM("openai/by-address", api_base="https://w.example.com/serving-endpoints", api_key="x")  #> serving_endpoint by-address
openai = dspy.LM("openai/gpt-5")
local = dspy.LM("openai/llama", api_base="http://localhost:8000/v1")
embed = dspy.Embedder("databricks/bge", batch_size=10)  #> serving_endpoint bge
embed_by_address = dspy.Embedder("openai/gte", api_base="https://w.example.com/serving-endpoints")  #> serving_endpoint gte


class Answer(dspy.Module):
    def __init__(self):
        self.retrieve = DatabricksRM(databricks_index_name=INDEX, k=3)  #> vector_search_index main.docs.faq
        self.more = NewRetriever("main.docs.more")  #> vector_search_index main.docs.more
        self.answer = dspy.ChainOfThought("context, question -> answer")

    def forward(self, question):
        with dspy.context(lm=judge):
            return self.answer(context=self.retrieve(question).docs, question=question)
