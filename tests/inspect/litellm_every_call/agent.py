"""LiteLLM: every call that takes a model, a router, and providers that are not the workspace."""
import litellm
from litellm import Router, acompletion, completion

URL = "https://w.example.com/serving-endpoints"


def ask(text):
    completion(model="databricks/chat", messages=text)  #> serving_endpoint chat
    completion("openai/chat-by-address", messages=text, api_base=URL)  #> serving_endpoint chat-by-address
    completion(model="bedrock/claude", messages=text)
    litellm.text_completion(model="databricks/text", prompt=text)  #> serving_endpoint text
    litellm.text_completion(model="openai/text-2", prompt=text, api_base=URL)  #> serving_endpoint text-2
    litellm.batch_completion(model="databricks/batch", messages=[text])  #> serving_endpoint batch
    litellm.responses(model="databricks/respond", input=text)  #> serving_endpoint respond
    return litellm.embedding(model="databricks/embed", input=[text])  #> serving_endpoint embed


async def ask_later(text):
    await litellm.atext_completion(model="databricks/text-later", prompt=text)  #> serving_endpoint text-later
    await litellm.aembedding(model="databricks/embed-later", input=[text])  #> serving_endpoint embed-later
    await litellm.aresponses(model="databricks/respond-later", input=text)  #> serving_endpoint respond-later
    return await acompletion(model="databricks/chat-later", messages=text)  #> serving_endpoint chat-later


router = Router(  #> serving_endpoint routed
    model_list=[
        {"model_name": "main", "litellm_params": {"model": "databricks/routed"}},
        {"model_name": "spare", "litellm_params": {"model": "azure/gpt-5"}},
    ]
)
