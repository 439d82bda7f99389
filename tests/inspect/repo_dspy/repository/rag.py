import dspy
import mlflow
from mlflow.models.resources import DatabricksServingEndpoint, DatabricksVectorSearchIndex

lm = dspy.LM("databricks/chat-large")
dspy.configure(lm=lm)


class Rag(dspy.Module):
    def __init__(self):
        from dspy.retrieve.databricks_rm import DatabricksRM

        self.retrieve = DatabricksRM(databricks_index_name="shop.support.articles")
        self.answer = dspy.ChainOfThought("context, question -> answer")

    def forward(self, question):
        return self.answer(context=self.retrieve(question), question=question)


# What optimizes it is not served.
teacher = dspy.LM("databricks/teacher-large")
tuned = dspy.MIPROv2(metric=None, teacher_settings={"lm": teacher}).compile(Rag(), trainset=[])

mlflow.dspy.log_model(
    Rag(),
    name="rag",
    resources=[
        DatabricksServingEndpoint(endpoint_name="chat-large"),
        DatabricksVectorSearchIndex(index_name="shop.support.articles"),
    ],
)
