"""Where errors end: ours in a few lines, anything else as the bug that it is."""

from __future__ import annotations

import sys
import traceback
from typing import TYPE_CHECKING

from agentry import __version__
from agentry.errors import AgentryError

if TYPE_CHECKING:
    from collections.abc import Callable

BUG = 70  # EX_SOFTWARE of sysexits.h: scripts tell "you made a mistake" (1) from "we did"


def boundary(command: Callable[[], object]) -> int:
    """Run a command; what it raises becomes words on stderr and the exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal without UTF-8 shows `?` for an arrow instead of a traceback.
        getattr(stream, "reconfigure", lambda **_: None)(errors="replace")
    try:
        command()
    except AgentryError as error:
        complain(error)
        return error.exit_code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except Exception as error:  # noqa: BLE001 - the outermost boundary; said as a bug, with its traceback
        print(bug(error), file=sys.stderr)
        return BUG
    return 0


def complain(error: AgentryError) -> None:
    """An error on stderr: what and where, then why, then what to type."""
    sys.stdout.flush()
    print("\n".join(error_lines(error)), file=sys.stderr, flush=True)


def error_lines(error: AgentryError) -> list[str]:
    """The lines of an error, the first with `error:` before it, the others indented below."""
    first, *rest = [line for text in error.lines() for line in text.splitlines()]
    return [f"error: {first}", *(f"  {line}" for line in rest)]


def bug(error: BaseException) -> str:
    """What a person sees of a mistake of ours, and what helps to mend it."""
    python = ".".join(map(str, sys.version_info[:3]))
    trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return (
        f"{trace}\n"
        f"error: this is a bug of Agentry: {type(error).__name__}\n"
        "  what was done so far is saved; `agentry up` goes on from there\n"
        "  → please report the lines above to whoever maintains this copy of Agentry, with this one: "
        f"agentry {__version__}, Python {python}, {sys.platform}"
    )
