"""Agents that run as apps, asked by address, by name and by hand."""
import httpx
import requests
from databricks.sdk import WorkspaceClient
from databricks_openai import AsyncDatabricksOpenAI, DatabricksOpenAI
from openai import AsyncOpenAI, OpenAI

w = WorkspaceClient()
BILLING = "https://billing-agent-1444828305810485.aws.databricksapps.com"

billing = DatabricksOpenAI(base_url=BILLING, workspace_client=w)  #> app billing-agent
billing.responses.create(input=[{"role": "user", "content": "hi"}])
legal = AsyncDatabricksOpenAI(base_url="https://legal-7.2.azure.databricksapps.com")  #> app legal
plain = OpenAI(base_url=BILLING + "/v1", api_key="x", http_client=httpx.Client())  #> app billing-agent
plain.chat.completions.create(model="any", messages=[])
later = AsyncOpenAI(base_url="https://hr-12.gcp.databricksapps.com", api_key="x")  #> app hr

DatabricksOpenAI().responses.create(model="apps/claims", input=[])  #> app claims
claims = w.apps.get("claims")  #> app claims
requests.post(f"{BILLING}/invocations", headers=w.config.authenticate(), json={})  #> app billing-agent
requests.post(f"{claims.url}/invocations", headers=w.config.authenticate(), json={})


async def ask(text):
    return await legal.responses.create(input=text), await later.responses.create(input=text)
