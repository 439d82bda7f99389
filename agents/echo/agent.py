"""An agent that says what it was told. It needs nothing but mlflow: no LLM, no credentials, nothing to declare."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import uuid4

from mlflow.models import set_model
from mlflow.pyfunc import ResponsesAgent
from mlflow.types.responses import ResponsesAgentRequest, ResponsesAgentResponse, ResponsesAgentStreamEvent

if TYPE_CHECKING:
    from collections.abc import Iterator


class EchoAgent(ResponsesAgent):
    """Answers with the newest message."""

    def predict(self, request: ResponsesAgentRequest) -> ResponsesAgentResponse:
        """The last message, whole."""
        events = self.predict_stream(request)
        return ResponsesAgentResponse(
            output=[event.item for event in events if event.type == "response.output_item.done"],
            custom_outputs=request.custom_inputs,
        )

    def predict_stream(self, request: ResponsesAgentRequest) -> Iterator[ResponsesAgentStreamEvent]:
        """The last message word by word, then whole."""
        item_id = f"msg_{uuid4().hex}"
        text = last_text(request)
        for word in re.findall(r"\s*\S+\s*", text):
            yield ResponsesAgentStreamEvent(**self.create_text_delta(delta=word, item_id=item_id))
        item = self.create_text_output_item(text=text, id=item_id)
        yield ResponsesAgentStreamEvent(type="response.output_item.done", item=item)


def last_text(request: ResponsesAgentRequest) -> str:
    """The text of the newest message, whether it came as a string or in parts."""
    content = request.input[-1].model_dump()["content"]
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


set_model(EchoAgent())
