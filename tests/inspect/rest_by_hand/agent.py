"""The workspace's REST interface by hand, with each library, in sessions and streams."""
import os

import aiohttp
import httpx
import requests

HOST = f"https://{os.environ['DATABRICKS_HOST']}"
HEADERS = {"Authorization": f"Bearer {os.environ['DATABRICKS_TOKEN']}"}
session = requests.Session()


def url(name):
    return f"{HOST}/serving-endpoints/{name}/invocations"


def ask(rows):
    requests.get(f"{HOST}/api/2.0/serving-endpoints/status", headers=HEADERS)  #> serving_endpoint status
    requests.post(url("one"), headers=HEADERS, json=rows)  #> serving_endpoint one
    requests.request("POST", url("two"), headers=HEADERS)  #> serving_endpoint two
    session.post(url("three"), json=rows)  #> serving_endpoint three
    session.get(f"{HOST}/api/2.1/unity-catalog/functions/main.tools.add")  #> function main.tools.add
    session.request(method="POST", url=url("four"))  #> serving_endpoint four
    httpx.post(url("five"))  #> serving_endpoint five
    httpx.get(f"{HOST}/api/2.0/sql/warehouses/abc")  #> sql_warehouse abc
    httpx.request("POST", url("six"))  #> serving_endpoint six
    with httpx.stream("POST", url("seven")) as answer:  #> serving_endpoint seven
        return answer.read()


def ask_by_client():
    with httpx.Client(headers=HEADERS) as client:
        client.get(f"{HOST}/api/2.1/unity-catalog/connections/slack")  #> uc_connection slack
        client.post(url("eight"))  #> serving_endpoint eight
        client.request("POST", url("nine"))  #> serving_endpoint nine
        client.post(f"{HOST}/serving-endpoints/chat/completions", json={"model": "x"})  #? not known here
        client.post(f"{HOST}/ai-gateway/mlflow/v1/chat/completions", json={"model": "x"})  #? not known here
        return client.stream("POST", url("ten"))  #> serving_endpoint ten


def ask_below(rows):
    endpoints = httpx.Client(base_url=f"{HOST}/serving-endpoints", headers=HEADERS)
    weather = httpx.Client(base_url="https://weather.example")
    weather.get("/today")
    return endpoints.post("below/invocations", json=rows)  #> serving_endpoint below


async def ask_later():
    async with httpx.AsyncClient() as client:
        await client.get(f"{HOST}/api/2.0/apps/helper")  #> app helper
        await client.post(url("eleven"))  #> serving_endpoint eleven
        await client.request("POST", url("twelve"))  #> serving_endpoint twelve
        async with client.stream("POST", url("thirteen")) as answer:  #> serving_endpoint thirteen
            await answer.aread()
    async with aiohttp.ClientSession() as web:
        await web.get("https://weather.example/today")
        await web.get(f"{HOST}/api/2.0/vector-search/indexes/main.docs.a")  #> vector_search_index main.docs.a
        await web.request("POST", url("fourteen"))  #> serving_endpoint fourteen
        async with web.post(url("fifteen"), json={}) as answer:  #> serving_endpoint fifteen
            return await answer.json()
