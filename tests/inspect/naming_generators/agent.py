"""Generators, async functions, and what they give."""
import asyncio

from databricks_langchain import ChatDatabricks


def names():
    yield "first"
    yield from ["second", "third"]


for name in names():
    ChatDatabricks(model=name)  #> serving_endpoint first; serving_endpoint second; serving_endpoint third
ChatDatabricks(model=next(names()))  #> serving_endpoint first; serving_endpoint second; serving_endpoint third


async def fetched():
    return "awaited"


async def stream():
    for letter in ("s", "t"):
        yield f"{letter}{letter}"


async def main():
    ChatDatabricks(model=await fetched())  #> serving_endpoint awaited
    async for each in stream():
        ChatDatabricks(model=each)  #> serving_endpoint ss; serving_endpoint tt
    got = [each async for each in stream()]
    ChatDatabricks(model=got[0])  #> serving_endpoint ss; serving_endpoint tt


asyncio.run(main())
squares = (f"g{n}" for n in range(2))
for each in squares:
    ChatDatabricks(model=each)  #> serving_endpoint g0; serving_endpoint g1
