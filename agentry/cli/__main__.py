"""`python -m agentry.cli`: the same as `agentry`."""

from __future__ import annotations

from agentry.cli.app import main

main()
