"""Whether somebody means it."""

from __future__ import annotations

import sys

import typer

from agentry.errors import ConfigError


def confirm(stack: str, *, what: str, refused: str, command: str, asks: bool | None = None) -> None:
    """Have the person type the stack's name.

    Args:
        stack: The stack.
        what: What is about to happen, a sentence without its full stop.
        refused: What did not happen, in the past tense.
        command: What to type to be asked nothing.
        asks: Whether there is a person to ask; by default, whether stdin is a terminal.

    Raises:
        ConfigError: There is nobody to ask, or the answer was another one.
    """
    if not (sys.stdin.isatty() if asks is None else asks):
        raise ConfigError(f"{refused}: nobody said yes", why="no terminal to ask on", fix=command)
    if typer.prompt(f"{what}. Its name, to go on", err=True) != stack:
        raise ConfigError(refused, why="another name was typed")
