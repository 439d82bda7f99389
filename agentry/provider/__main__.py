"""`python -m agentry.provider schema` prints the package schema."""

from __future__ import annotations

import sys

from agentry.provider.kinds.registry import KINDS
from agentry.provider.schema import package_schema


def main(arguments: list[str]) -> int:
    """Print what was asked for; the exit code."""
    if arguments != ["schema"]:
        print("usage: python -m agentry.provider schema", file=sys.stderr)
        return 2
    print(package_schema(KINDS.values()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
