"""`agentry sandbox fault`: a bad day on demand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agentry.cli.app import new
from agentry.cli.console import say, show_json
from agentry.cli.options import NO, AsJson
from agentry.cli.sandboxes import NAME, Name, Quiet, option, root
from agentry.errors import SandboxError
from agentry.sandbox import process
from agentry.sandbox.admin import ask
from agentry.sandbox.faults.starts import SLOW, STARTS

if TYPE_CHECKING:
    from collections.abc import Mapping

app = new(no_args_is_help=True)
PATH = "/sandbox/faults"


HELP = """Let requests and starts of endpoints go wrong, as a real workspace does now and then.

Faults are forgotten when the sandbox stops.

\b
  --path '.*/serving-endpoints' --method POST --status 429 --retry-after 2 --times 3
  --path '.*/create' --cut --after           the answer is lost
  --path '.*' --stale 3 --always             reads are 3 s behind
  --path '/api/.*' --skip 20 --expire        the token ends in the middle
  --endpoint '.*weather' --start slow --seconds 60
  --endpoint '.*weather' --busy 5            somebody else updates it
"""


@app.callback(help=HELP)
def fault() -> None:
    """A bad day on demand."""


@app.command()
def add(
    *,
    path: Annotated[str, typer.Option(help="Requests whose whole path fits this regular expression.")] = "",
    method: Annotated[str, typer.Option(help="Only those of this method.")] = "",
    endpoint: Annotated[
        str, typer.Option(help="Endpoints whose whole name fits this regular expression, for --start and --busy.")
    ] = "",
    times: Annotated[int | None, typer.Option(help="How many it takes; 1 if not said, and all for --stale.")] = None,
    always: Annotated[bool, typer.Option("--always", help="It takes all that fit, until it is cleared.")] = NO,
    skip: Annotated[int, typer.Option(help="How many that fit pass first.", show_default=False)] = 0,
    status: Annotated[
        int, typer.Option(help="Refuse with this status: 429, 500, 503, 403, 409 ...", show_default=False)
    ] = 0,
    error_code: Annotated[str, typer.Option(help="Refuse with this code, not the usual one of the status.")] = "",
    message: Annotated[str, typer.Option(help="What to say.")] = "",
    retry_after: Annotated[int | None, typer.Option(help="Seconds of the header Retry-After.")] = None,
    cut: Annotated[bool, typer.Option("--cut", help="Cut the connection.")] = NO,
    after: Annotated[
        bool, typer.Option("--after", help="Refuse or cut only after the request was carried out: the answer is lost.")
    ] = NO,
    delay: Annotated[int, typer.Option(help="Milliseconds to wait first.", show_default=False)] = 0,
    stale: Annotated[float, typer.Option(help="Reads see a write only after so many seconds.", show_default=False)] = 0,
    expire: Annotated[
        bool, typer.Option("--expire", help="The token of the request is refused from then on (see --skip).")
    ] = NO,
    busy: Annotated[
        float,
        typer.Option(
            help="Somebody else updates the endpoint for so many seconds: 409 until then.", show_default=False
        ),
    ] = 0,
    start: Annotated[str, typer.Option(help=f"What becomes of the endpoint's next start: {', '.join(STARTS)}.")] = "",
    seconds: Annotated[
        float | None, typer.Option(help="How long that start takes; never-ready ends then, as timed out.")
    ] = None,
    merge: Annotated[str, typer.Option(help="JSON: fields to change in the real answer.")] = "",
    name: Name = NAME,
    as_json: AsJson = NO,
) -> None:
    """Let something go wrong: requests (--path), or the starts and updates of endpoints (--endpoint)."""
    wanted = {
        "path": path, "method": method.upper(), "endpoint": endpoint, "skip": skip, "status": status,
        "error_code": error_code, "message": message, "retry_after": retry_after, "cut": cut, "after": after,
        "delay": delay, "stale": stale, "expire": expire, "busy": busy, "start": start, "seconds": seconds,
        "merge": _read(merge) if merge else None,
    }  # fmt: skip
    body = {field: value for field, value in wanted.items() if value not in ("", 0, None, False)}
    if always or times is not None:
        body["times"] = None if always else times
    added = _ask(name, "POST", PATH, body)
    if as_json:
        show_json(added)
    else:
        say(f"fault {added['id']}: {_words(added)}")


@app.command("list")
def list_(*, name: Name = NAME, as_json: AsJson = NO) -> None:
    """List what is to go wrong, and what did, with how often each fault was taken."""
    known = _ask(name, "GET", PATH)
    if as_json:
        show_json(known)
        return
    faults = sorted([*known["faults"], *known["done"]], key=lambda one: int(one["id"]))
    if not faults:
        say(f"no faults in sandbox {name}")
    for one in faults:
        left = "over" if one["times"] == 0 else "no end" if one["times"] is None else f"{one['times']} to come"
        waits = f", after {one['skip']} more" if one["skip"] else ""
        say(f"fault {one['id']}: {_words(one)}\n  taken {one['taken']}, {left}{waits}")


@app.command()
def clear(
    *,
    number: Annotated[int | None, typer.Argument(help="Only the fault of this number.", show_default=False)] = None,
    name: Name = NAME,
    quiet: Quiet = NO,
) -> None:
    """Let nothing go wrong any more. Tokens that were refused are good again; starts that failed stay failed."""
    _ask(name, "DELETE", PATH if number is None else f"{PATH}/{number}")
    if not quiet:
        say(f"sandbox {name}: no faults" if number is None else f"sandbox {name}: fault {number} is gone")


def _ask(name: str, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    running = process.status(root(), name)
    if running is None:
        raise SandboxError(
            f"the sandbox {name} does not run",
            why="faults are of a sandbox that runs, and forgotten when it stops",
            fix=f"agentry sandbox start{option(name)}",
        )
    return ask(running, method, path, body)


def _read(merge: str) -> Any:
    try:
        return json.loads(merge)
    except ValueError as error:
        raise SandboxError(
            "what to merge is no JSON", where="--merge", why=str(error), fix="""--merge '{"a": 1}'"""
        ) from error


def _words(one: Mapping[str, Any]) -> str:
    """What it does, to whom."""
    if one["start"]:
        after = "" if one["seconds"] is None else f" after {one['seconds']:g} s"
        what = f"takes {one['seconds']:g} s" if one["start"] == SLOW else f"is {one['start']}{after}"
        return f"endpoint {one['endpoint']}: its start {what}"
    does = [f"{one['status']} {one['error_code']}".rstrip()] if one["status"] and not one["expire"] else []
    does += [f"Retry-After {one['retry_after']} s"] if one["retry_after"] is not None else []
    does += ["the connection is cut"] if one["cut"] else []
    does += ["after it was carried out"] if one["after"] else []
    does += [f"{one['delay']} ms later"] if one["delay"] else []
    does += [f"writes are seen after {one['stale']:g} s"] if one["stale"] else []
    does += ["the token is refused from then on"] if one["expire"] else []
    does += [f"somebody else updates it for {one['busy']:g} s"] if one["busy"] else []
    does += [f"the answer is changed: {json.dumps(one['merge'])}"] if one["merge"] else []
    who = f"endpoint {one['endpoint']}" if one["endpoint"] else f"{one['method']} {one['path']}".lstrip()
    return f"{who}: {', '.join(does)}"
