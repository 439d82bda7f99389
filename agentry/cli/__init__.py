"""The `agentry` command, one file per subcommand. `main` is what the console script calls."""

from __future__ import annotations

from agentry.cli.app import main

__all__ = ["main"]
