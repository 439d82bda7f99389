"""Runs an unmodified Pulumi program against the engine; the counterpart of Pulumi's `pulumi-language-python-exec`.

    python launcher.py DESCRIPTOR run_program.py SETTINGS REPORT

It is started before the engine knows its settings, and imports the SDK meanwhile. SETTINGS and REPORT are
descriptors of pipes: one JSON document of settings comes in, one JSON document that says how the program failed goes
out; none when it did not fail.

It runs in the program's own Python, so it imports the standard library and Pulumi's SDK, nothing of Agentry.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import runpy
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi.runtime
import pulumi.runtime.resource
import pulumi.runtime.stack
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, source_pb2

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

OURS = (str(Path(__file__).parent) + os.sep, "<frozen runpy>", runpy.__file__)
THEIRS = (str(Path(pulumi.__file__).parent) + os.sep, str(Path(asyncio.__file__).parent) + os.sep)


class QuietEngine:
    """The engine's stub without its debug lines.

    `pulumi.log.debug` is a blocking call, made five times per resource, that the engine would drop: half of a
    program's time (observed with SDK 3.272.0).
    """

    def __init__(self, stub: Any) -> None:
        self._stub = stub

    def Log(self, request: Any, *rest: Any, **options: Any) -> Any:  # noqa: N802 - the name of the call
        """Hand on all that is more than a debug line."""
        if request.severity == engine_pb2.DEBUG:
            return empty_pb2.Empty()
        return self._stub.Log(request, *rest, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stub, name)


def wait_in_linear_time(original: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """The SDK's wait for outstanding outputs, which wakes for each of them and is quadratic in their number, shortened.

    All outputs are waited for at once first, until one fails; the SDK's own wait then has little left to do, and
    does what it always does with errors.
    """
    settings: Any = getattr(pulumi.runtime.settings, "SETTINGS", None)
    if not hasattr(settings, "outputs"):
        return original

    async def wait(*arguments: Any, **options: Any) -> None:
        waiting = True
        while waiting:
            pending = {output for output in list(settings.outputs) if not output.done()}
            done, _ = await asyncio.wait(pending, return_when=asyncio.FIRST_EXCEPTION) if pending else (set(), None)
            waiting = bool(done) and not any(output.cancelled() or output.exception() for output in done)
        await original(*arguments, **options)

    return wait


def prepare(settings: dict[str, Any]) -> None:
    """Connect the SDK to the engine.

    The SDK sends with each resource where the program made it, an eighth of a program's time (observed with SDK
    3.272.0), and the engine keeps no paths of the machine: so nobody looks.
    """
    pulumi.runtime.set_all_config(settings["config"], settings["secret_keys"])
    connection = pulumi.runtime.Settings(
        project=settings["project"],
        stack=settings["stack"],
        organization=settings["organization"],
        monitor=settings["address"],
        engine=settings["address"],
        parallel=settings["parallel"],
        dry_run=settings["dry_run"],
        root_directory=settings["root"],
    )
    connection.engine = QuietEngine(connection.engine)
    pulumi.runtime.configure(connection)
    resource: Any = pulumi.runtime.resource
    if hasattr(resource, "_get_stack_trace"):
        resource._get_stack_trace = source_pb2.StackTrace  # noqa: SLF001
    stack: Any = pulumi.runtime.stack
    if hasattr(stack, "wait_for_rpcs"):
        stack.wait_for_rpcs = wait_in_linear_time(stack.wait_for_rpcs)


def execute(settings: dict[str, Any]) -> None:
    """Run the program to its end, with everything that it registered."""
    program = Path(settings["program"])
    if program.is_file():
        sys.path.insert(0, str(program.parent))
    sys.argv = [str(program)]
    raised: list[BaseException] = []

    def run() -> None:
        try:
            runpy.run_path(str(program), run_name="__main__")
        except BaseException as error:
            raised.append(error)
            raise

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    # Each registration that waits for the engine holds a thread.
    executor = ThreadPoolExecutor(max_workers=settings["parallel"] * 4)
    loop.set_default_executor(executor)
    try:
        loop.run_until_complete(pulumi.runtime.run_in_stack(run))
    except BaseException:
        # The SDK forgets what the program raised when a registration failed as well.
        if raised:
            raise raised[0]  # noqa: B904 - it is the cause, not the consequence
        raise
    finally:
        executor.shutdown(wait=True)
        loop.close()


def foreign(frame: traceback.FrameSummary) -> bool:
    """Whether a line of a traceback is neither the user's nor of a library that the user called."""
    return frame.filename.startswith((*OURS, *THEIRS))


def trimmed(error: BaseException) -> traceback.TracebackException:
    """The traceback as the user knows it: without the frames of the engine and of the SDK's event loop."""
    whole = traceback.TracebackException.from_exception(error)
    todo: list[traceback.TracebackException | None] = [whole]
    while todo:
        if one := todo.pop():
            one.stack[:] = [frame for frame in one.stack if not foreign(frame)] or list(one.stack)
            todo += [one.__cause__, one.__context__]
    return whole


def place(error: BaseException, root: Path) -> str:
    """`file:line` of the last line of the project that was run, or nothing."""
    if isinstance(error, SyntaxError) and error.filename:
        files = [(Path(error.filename), error.lineno or 0)]
    else:
        files = [(Path(frame.filename), frame.lineno or 0) for frame in traceback.extract_tb(error.__traceback__)]
    inside = [
        f"{path.relative_to(root)}:{line}"
        for path, line in files
        if path.is_relative_to(root) and not path.is_relative_to(Path(sys.prefix)) and not str(path).startswith(OURS)
    ]
    return inside[-1] if inside else ""


def report(error: BaseException, root: Path) -> dict[str, Any]:
    """What the engine is told of an error."""
    # Nothing can be one of Agentry's errors where nobody has imported their module.
    errors = sys.modules.get("agentry.errors")
    if errors and isinstance(error, errors.AgentryError):
        fields = {name: getattr(error, name) for name in ("what", "where", "why", "fix")}
        return {"kind": "known", "class": type(error).__name__, **fields}
    if isinstance(error, pulumi.RunError):
        return {"kind": "run-error", "what": str(error)}
    if isinstance(error, SystemExit):
        return {"kind": "exit", "what": f"the program called sys.exit({error.code!r})"}
    lines = "".join(trimmed(error).format()).rstrip().splitlines()
    what = "".join(traceback.format_exception_only(type(error), error)).strip().splitlines()[-1]
    return {"kind": "exception", "what": what, "where": place(error, root), "traceback": "\n".join(lines)}


def main() -> int:
    """Read the settings, run, report; the exit status says whether the program ended well."""
    with os.fdopen(int(sys.argv[1]), "rb") as pipe:
        document = pipe.read()
    if not document:
        return 1  # the engine ended before it had settings
    settings = json.loads(document)
    # A program makes objects by the ten thousand that live to its end: with Python's defaults the collector looks at all
    # of them again and again.
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)
    # Outputs that nobody awaits are how a program ends early; asyncio's complaints about them are none of the user's.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    descriptor = int(sys.argv[2])
    try:
        prepare(settings)
        execute(settings)
    except SystemExit as error:
        failed = error.code not in (None, 0)
        if failed:
            tell(descriptor, report(error, Path(settings["root"])))
        return int(failed)
    except BaseException as error:  # noqa: BLE001 - whatever a user's program raises is reported, and nothing is lost
        tell(descriptor, report(error, Path(settings["root"])))
        return 1
    return 0


def tell(descriptor: int, document: dict[str, Any]) -> None:
    """Write the report."""
    with os.fdopen(descriptor, "w", encoding="utf-8") as pipe:
        json.dump(document, pipe)


if __name__ == "__main__":
    sys.exit(main())
