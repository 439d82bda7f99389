"""The OpenAI client that the SDK makes, handed to the parts of the agent that need it."""
from databricks.sdk import WorkspaceClient
from databricks_langchain.utils import get_async_openai_client, get_openai_client


class Extractor:
    def __init__(self, llm):
        self.llm = llm

    def run(self, text):
        self.llm.beta.chat.completions.parse(model="extract", messages=text)  #> serving_endpoint extract
        self.llm.beta.chat.completions.stream(model="extract-stream", messages=text)  #> serving_endpoint extract-stream
        return self.llm.chat.completions.parse(model="extract-new", messages=text)  #> serving_endpoint extract-new


def summarize(llm, text, model="summary-small"):
    llm.responses.parse(model=model, input=text)  #> serving_endpoint summary-big; serving_endpoint summary-small
    llm.responses.stream(model="summary-stream", input=text)  #> serving_endpoint summary-stream
    return llm.completions.create(model="summary-plain", prompt=text)  #> serving_endpoint summary-plain


openai_client = WorkspaceClient().serving_endpoints.get_open_ai_client(timeout=30.0)
extractor = Extractor(openai_client)
summarize(openai_client, "a")
summarize(llm=openai_client, text="b", model="summary-big")
openai_client.chat.completions.create(model="chat", messages=[])  #> serving_endpoint chat
openai_client.chat.completions.stream(model="chat-stream", messages=[])  #> serving_endpoint chat-stream
openai_client.responses.create(model="respond", input="x")  #> serving_endpoint respond
openai_client.embeddings.create(model="embed", input="x")  #> serving_endpoint embed

utils = get_openai_client()
utils.chat.completions.create(model="u-chat", messages=[])  #> serving_endpoint u-chat
utils.responses.create(model="u-respond", input="x")  #> serving_endpoint u-respond
utils.embeddings.create(model="u-embed", input="x")  #> serving_endpoint u-embed


async def later():
    client = get_async_openai_client(workspace_client=WorkspaceClient())
    await client.chat.completions.create(model="l-chat", messages=[])  #> serving_endpoint l-chat
    await client.responses.create(model="l-respond", input="x")  #> serving_endpoint l-respond
    await client.embeddings.create(model="l-embed", input="x")  #> serving_endpoint l-embed
