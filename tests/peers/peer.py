"""The workspace of a row as other people see it: what was asked of it, what is in it, what they change behind our back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

    from tests.sandbox.workspace import RunningSandbox

ENDPOINTS = "/api/2.0/serving-endpoints"
REGISTRY = "/api/2.0/mlflow/unity-catalog"
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# Reads that are POSTs on the platform.
_ASKED = ("/search", "/get-by-name", "/oidc/", "/runs/search")
_OURS = "/sandbox/"


@dataclass(frozen=True)
class Request:
    """One request that was made; see the sandbox's `request_log`."""

    number: int
    method: str
    path: str
    at: float
    user_agent: str
    status: int
    until: float

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass
class Peer:
    """A running sandbox, and people of it."""

    sandbox: RunningSandbox
    _clients: dict[str, httpx.Client] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The sandbox's name."""
        return self.sandbox.name

    @property
    def schema(self) -> str:
        """`local.agents`."""
        return self.sandbox.schema

    def close(self) -> None:
        """End the connections."""
        for client in self._clients.values():
            client.close()

    def send(self, method: str, path: str, body: Any = None, *, person: str = "admin", **arguments: Any) -> Any:
        """What somebody does by hand; it has to succeed."""
        answer = self.client(person).request(method, path, json=body, **arguments)
        assert answer.status_code < 300, f"{method} {path}: {answer.text}"
        return answer.json() if answer.content else {}

    def client(self, person: str) -> httpx.Client:
        """A connection that speaks for a person: deployer, admin or asker."""
        if person not in self._clients:
            self._clients[person] = self.sandbox.client(person)
        return self._clients[person]

    def mark(self) -> int:
        """The number of the last request so far."""
        asked = self.send("GET", "/sandbox/requests", params={"after": 0})["requests"]
        return int(asked[-1]["number"]) if asked else 0

    def requests(self, *methods: str, after: int = 0, path: str = "") -> list[Request]:
        """What was asked, the oldest first, faults and other things of the sandbox's own left out.

        Args:
            methods: Only these.
            after: Only those after a `mark`.
            path: Only those whose path has this in it.
        """
        asked = self.send("GET", "/sandbox/requests", params={"after": after})["requests"]
        found = [Request(**one) for one in asked if not one["path"].startswith(_OURS)]
        return [one for one in found if (not methods or one.method in methods) and path in one.path]

    def writes(self, after: int = 0, path: str = "") -> list[str]:
        """The requests that change something, as `PUT /api/...`."""
        asked = self.requests(*WRITES, after=after, path=path)
        return [str(one) for one in asked if not any(part in one.path for part in _ASKED)]

    def fault(self, *faults: dict[str, Any]) -> None:
        """What is to happen to requests from now on."""
        self.send("PUT", "/sandbox/faults", {"faults": list(faults)})

    def endpoint(self, name: str) -> dict[str, Any]:
        """A serving endpoint as the workspace tells it."""
        found: dict[str, Any] = self.send("GET", f"{ENDPOINTS}/{name}")
        return found

    def ask(self, name: str, text: str = "hello", person: str = "deployer") -> httpx.Response:
        """Ask an endpoint."""
        body = {"input": [{"role": "user", "content": text}]}
        return self.client(person).post(f"/serving-endpoints/{name}/invocations", json=body)

    def register(self, model: str, *, person: str = "deployer") -> str:
        """A registered model that somebody else made."""
        self.send("POST", f"{REGISTRY}/registered-models/create", {"name": model}, person=person)
        return model

    def version(self, model: str, *, task: str = "", person: str = "deployer") -> str:
        """A version that can be served, of a model that is there; its number.

        Args:
            model: Its model.
            task: `agent/v1/responses` for an agent; without, it is a model of some other kind.
            person: Who makes it.
        """
        body = {"name": model, "source": "dbfs:/x"}
        made = self.send("POST", f"{REGISTRY}/model-versions/create", body, person=person)["model_version"]
        number = str(made["version"])
        file = f"/api/2.0/fs/files/Models/{model.replace('.', '/')}/{number}/MLmodel"
        content = f"flavors: {{python_function: {{python_version: '3.11'}}}}\nmetadata: {{task: {task!r}}}\n".encode()
        self.send("PUT", file, person=person, content=content)
        self.send("POST", f"{REGISTRY}/model-versions/finalize", {"name": model, "version": number}, person=person)
        return number
