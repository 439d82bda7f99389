"""`python -m agentry.sandbox serve`: what `agentry sandbox start` runs in the background."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from pathlib import Path

from agentry.errors import AgentryError
from agentry.sandbox.places import Places


def main() -> int:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="python -m agentry.sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("serve", help="run the sandbox in the foreground")
    command.add_argument("--directory", type=Path, default=Path(), help="the project (default: the current directory)")
    command.add_argument("--name", default="local", help="the sandbox's name (default: local)")
    command.add_argument("--port", type=int, default=0, help="default: the one of last time, else any that is free")
    command.add_argument("--ready", type=int, default=None, help=argparse.SUPPRESS)
    command.add_argument("--detach", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.detach:
        _detach()
    try:
        from agentry.sandbox.server import serve  # noqa: PLC0415 - slow to import, and not before the fork

        # What was imported stays, and is not looked at again by every collection.
        gc.freeze()
        gc.set_threshold(20_000, 10, 10)
        serve(Places(arguments.directory.resolve(), arguments.name), port=arguments.port, ready=arguments.ready)
    except AgentryError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    return 0


def _detach() -> None:
    """Go on in a grandchild that belongs to no terminal and to no parent."""
    if os.fork():
        os._exit(0)
    os.setsid()


if __name__ == "__main__":
    sys.exit(main())
