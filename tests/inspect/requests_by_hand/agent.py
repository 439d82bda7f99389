"""The REST interface, called by hand."""
import os

import httpx
import requests

HOST = os.environ["HOST"]
requests.post(f"{HOST}/serving-endpoints/chat/invocations", json={})  #> serving_endpoint chat
httpx.post(url=f"{HOST}/api/2.0/vector-search/indexes/main.docs.index/query")  #> vector_search_index main.docs.index
requests.request("POST", HOST + "/serving-endpoints/other/invocations")  #> serving_endpoint other
requests.get(f"{HOST}/api/2.1/jobs/list")  #? not known here
requests.get("https://weather.example/today")
requests.get(os.environ["ANY"])
