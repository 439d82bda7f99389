"""A kind for tests of what all kinds share: one object of a fake workspace, with a field of every behaviour."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from agentry.errors import NotFound, UserError
from agentry.provider.fields import (
    BOOLEAN,
    INTEGER,
    STRING,
    Field,
    backend_default,
    computed,
    input_only,
    list_of,
    map_of,
    object_of,
    output,
    replace,
    secret,
    silent,
    unordered,
)
from agentry.provider.kinds.kind import (
    UNKNOWN,
    Checked,
    Context,
    Failure,
    Found,
    Kind,
    Made,
    PartialCreation,
    Properties,
)
from agentry.workspace import Json, Pending, Workspace
from tests.workspace.fake import FakeTransport

TOKEN = "agentry:index:Thing"


class Thing(Kind):
    token: ClassVar[str] = TOKEN
    doc: ClassVar[str] = "A thing."
    fields: ClassVar[tuple[Field, ...]] = (
        Field("name", STRING, "Its name.", (replace("the name is its identity"),), required=True),
        Field("size", INTEGER, "How big.", default=1),
        Field("flag", BOOLEAN, "A flag.", (input_only("never told"),), default=False),
        Field("color", STRING, "Its color.", (backend_default("the workspace chooses"),)),
        Field("note", STRING, "A note.", (silent("nobody reads it"),)),
        Field("tags", map_of(STRING), "Tags."),
        Field("members", list_of(STRING), "Who is in it.", (unordered("a set"),)),
        Field(
            "parts",
            list_of(
                object_of(
                    "Part",
                    Field("id", STRING, "Which.", required=True),
                    Field("count", INTEGER, "How many.", default=1),
                )
            ),
            "Parts.",
            (unordered("a set", by="id"),),
        ),
        Field("password", STRING, "A password.", (secret("it opens doors"), input_only("never told"))),
        Field("digest", STRING, "Of the name.", (computed("Check computes it"), replace("content decides"))),
        Field("thingId", STRING, "Its number.", (output(),)),
    )

    async def check(self, inputs: Properties, old_inputs: Properties, ctx: Context) -> Checked:
        if inputs.get("color") == "invisible":
            return Checked(inputs, [Failure("color", "nobody could see it")])
        if inputs.get("color") == "wrong":
            raise UserError("the color is wrong", where="agent.py:3", fix="take another")
        if inputs.get("color") == "bug":
            raise KeyError("color")
        if inputs.get("color") == "ask" and ctx.workspace is not None:
            await ctx.workspace.get("/colors")
        if inputs.get("color") == "ask" and ctx.workspace is None:
            ctx.report.unchecked("the color")
        name = inputs["name"]
        return Checked({**inputs, "digest": UNKNOWN if name is UNKNOWN else f"digest of {name}"})

    async def drift(self, id: str, state: Properties, inputs: Properties, ctx: Context) -> dict[str, str]:
        if ctx.workspace is None:
            return {}
        live = await _get(ctx.workspace, id)
        return {"thingId": f"{id} is ill"} if live and live.get("ill") else {}

    def preview(self, inputs: Properties, state: Properties | None) -> Properties:
        return {"thingId": state["thingId"]} if state else {}

    async def create(self, inputs: Properties, ctx: Context) -> Made:
        assert ctx.workspace is not None
        workspace = ctx.workspace
        ctx.report.progress(f"making {inputs['name']} with {inputs.get('password')}")
        await workspace.post("/things", {k: v for k, v in inputs.items() if k not in ("flag", "password")})
        made = Made(inputs["name"], {"thingId": "1"})

        async def ready() -> bool | Pending:
            live = await _get(workspace, inputs["name"])
            assert live is not None
            return Pending("not ready") if live.get("color") == "slow" else True

        if inputs.get("color") == "slow":
            await workspace.wait(ready, what=f"thing {made.id}", timeout=ctx.timeout or 60, report=ctx.report)
        if inputs.get("color") == "half":
            raise PartialCreation(made, [f"only half of it came, with {inputs.get('password')}"])
        return made

    async def read(self, id: str, inputs: Properties, state: Properties, ctx: Context) -> Found | None:
        assert ctx.workspace is not None
        live = await _get(ctx.workspace, id)
        if live is None:
            return None
        return Found(
            id,
            {k: live.get(k) for k in ("name", "size", "color", "tags", "members", "parts", "digest")},
            {"thingId": "1"},
        )

    async def update(
        self, id: str, state: Properties, old_inputs: Properties, inputs: Properties, ctx: Context
    ) -> Properties:
        assert ctx.workspace is not None
        await ctx.workspace.patch(f"/things/{id}", {k: v for k, v in inputs.items() if k not in ("flag", "password")})
        if inputs.get("color") == "half":
            raise PartialCreation(Made(id, {"thingId": "1"}), ["only half of it changed"])
        return {"thingId": "1"}

    async def delete(self, id: str, state: Properties, inputs: Properties, ctx: Context) -> None:
        assert ctx.workspace is not None
        await ctx.workspace.delete(f"/things/{id}")


async def _get(workspace: Workspace, id: str) -> Json | None:
    try:
        return await workspace.get(f"/things/{id}")
    except NotFound:
        return None


class Things(FakeTransport):
    """A fake workspace that keeps things."""

    def __init__(self) -> None:
        super().__init__()
        self.things: dict[str, Json] = {}
        self.looked_at = asyncio.Event()

    async def send(self, method, path, query, body, timeout) -> Json:  # type: ignore[no-untyped-def]
        _, room, *name = path.split("/")
        if room != "things":
            return await super().send(method, path, query, body, timeout)
        self.requests.append((method, path))
        if method == "POST":
            self.things[body["name"]] = {"color": "blue", **body}
            return {}
        self.looked_at.set()
        if name[0] not in self.things:
            raise NotFound(f"no thing {name[0]}")
        if method == "PATCH":
            self.things[name[0]] |= body
        elif method == "DELETE":
            del self.things[name[0]]
            return {}
        return self.things[name[0]]
