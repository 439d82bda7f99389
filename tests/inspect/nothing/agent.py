"""An agent that uses nothing of its workspace."""
import mlflow
from mlflow.models import set_model
from mlflow.pyfunc import ResponsesAgent
from mlflow.types.responses import ResponsesAgentRequest, ResponsesAgentResponse

mlflow.set_experiment("x")
mlflow.openai.autolog()


class Echo(ResponsesAgent):
    @mlflow.trace(span_type="AGENT")
    def predict(self, request: ResponsesAgentRequest) -> ResponsesAgentResponse:
        with mlflow.start_span("s"):
            return ResponsesAgentResponse(output=[self.create_text_output_item("x", "1")])


set_model(Echo())
