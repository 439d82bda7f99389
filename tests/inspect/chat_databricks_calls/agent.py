"""ChatDatabricks whose single calls name other models than the object does."""
from databricks_langchain import ChatDatabricks

llm = ChatDatabricks(endpoint="base", temperature=0.1)  #> serving_endpoint base
fast = llm.bind(model="fast")  #> serving_endpoint fast
chain = llm.bind_tools([]).with_retry() | print


def answer(text):
    llm.batch([text], model="batch")  #> serving_endpoint batch
    for part in llm.stream(text, model="stream"):  #> serving_endpoint stream
        print(part)
    return llm.invoke(text, model="invoke"), llm.invoke(text)  #> serving_endpoint invoke


async def answer_later(text):
    await llm.abatch([text], model="abatch")  #> serving_endpoint abatch
    async for part in llm.astream(text, model="astream"):  #> serving_endpoint astream
        print(part)
    return await llm.ainvoke(text, model="ainvoke")  #> serving_endpoint ainvoke
