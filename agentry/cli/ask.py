"""`agentry ask`: a question to a deployed agent."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import httpx
import typer

from agentry.cli.app import new
from agentry.cli.chosen import choose
from agentry.cli.console import say, show_json
from agentry.cli.loop import run
from agentry.cli.options import LOCAL, NO, AsJson, OnSandbox, StackName
from agentry.cli.questions import Form, answer_text, chunk_text, events, failure, form_of, request_body
from agentry.cli.recorded import RecordedAgent, recorded_agent
from agentry.clock import RealClock
from agentry.errors import Unavailable
from agentry.workspace import Bearer, connect
from agentry.workspace.plain import http_options

if TYPE_CHECKING:
    from agentry.cli.chosen import ChosenStack

app = new()

# A scaled-down endpoint takes minutes to answer its first question.
PATIENCE = httpx.Timeout(300, connect=5)


@app.command()
def ask(
    agent: Annotated[str, typer.Argument(help="The agent's name in __main__.py.")],
    question: Annotated[
        str, typer.Argument(help="What to ask it: a text, a request as JSON, or @file with either; @- for stdin.")
    ],
    *,
    stack: StackName = LOCAL,
    sandbox: OnSandbox = NO,
    stream: Annotated[bool, typer.Option("--stream", help="Print the answer as it comes.")] = NO,
    as_json: AsJson = NO,
) -> None:
    """Ask a deployed agent a question, as you.

    A PythonModel takes JSON: agentry ask churn '{"inputs": [{"amount": 0.5}]}'
    """
    chosen = choose(stack, on_sandbox=sandbox)
    asker = run(find(chosen, recorded_agent(chosen, agent)))
    if stream:
        asker.stream(question, as_json=as_json)
    else:
        answer = asker.ask(question)
        if as_json:
            show_json(answer)
        else:
            say(answer_text(answer))


async def find(stack: ChosenStack, agent: RecordedAgent) -> Asker:
    """Who asks an agent: whoever the stack's credentials say we are.

    Raises:
        WorkspaceError: The workspace can not be reached, or refuses us.
        ConfigError: There is no such profile, or the sandbox does not run.
    """
    workspace = await connect(stack.settings, clock=RealClock())
    form = form_of(agent)
    if form is None:
        form = form_of(agent, await workspace.get(f"/api/2.0/serving-endpoints/{agent.endpoint_name}"))
    assert form is not None  # the workspace was asked
    url = agent.url or f"{workspace.host}/serving-endpoints/{agent.endpoint_name}/invocations"
    return Asker(agent.name, url, workspace.token(), form, option=stack.option)


class Asker:
    """Asks one agent.

    Args:
        agent: Its name, for errors.
        url: Where questions go.
        bearer: Who asks.
        form: How it is asked.
        option: ` --stack NAME`, for what to type.
        transport: What sends the request; the network.
    """

    def __init__(
        self,
        agent: str,
        url: str,
        bearer: Bearer,
        form: Form,
        *,
        option: str = "",
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._agent = agent
        self._url = url
        self._headers = {"Authorization": f"Bearer {bearer.token}"}
        self._form = form
        self._option = option
        self._client = httpx.Client(timeout=PATIENCE, transport=transport, **http_options(url))

    def ask(self, question: str) -> dict[str, Any]:
        """The whole answer, as the agent gave it.

        Raises:
            WorkspaceError: The agent failed, or may not be asked; its own words are in it.
        """
        body = request_body(question, self._form, self._agent)
        try:
            answer = self._client.post(self._url, headers=self._headers, json=body)
        except httpx.TransportError as error:
            raise self._away(error) from error
        if not answer.is_success:
            raise failure(self._agent, answer.status_code, answer.text, self._option)
        said = answer.json()
        return said if isinstance(said, dict) else {"predictions": said}

    def stream(self, question: str, *, as_json: bool = False) -> None:
        """Print the answer as it comes: its words, or with `as_json` each event as a line.

        Raises:
            WorkspaceError: The agent failed, or may not be asked.
        """
        body = request_body(question, self._form, self._agent, stream=True)
        try:
            with self._client.stream("POST", self._url, headers=self._headers, json=body) as answer:
                if not answer.is_success:
                    answer.read()
                    raise failure(self._agent, answer.status_code, answer.text, self._option)
                for event in events(answer.iter_lines()):
                    if isinstance(event, dict) and event.keys() & {"error", "error_code"}:
                        raise failure(self._agent, 400, json.dumps(event), self._option)
                    sys.stdout.write(f"{json.dumps(event)}\n" if as_json else chunk_text(event))
                    sys.stdout.flush()
        except httpx.TransportError as error:
            raise self._away(error) from error
        if not as_json:
            say()

    def _away(self, error: httpx.TransportError) -> Unavailable:
        return Unavailable(
            f"{self._agent} does not answer",
            where=self._url,
            why=f"nothing came for {PATIENCE.read:g} s"
            if isinstance(error, httpx.ReadTimeout)
            else str(error) or type(error).__name__,
            fix=f"agentry status{self._option}",
        )
