"""A repository for somebody's own agents: what is in it, and how it is written.

What a new repository has in common with Agentry's own (the program, the sample agent, the stacks, the locked packages)
is taken from there and exists once; what only it has is in `files/`.
"""

from __future__ import annotations

from agentry.new.names import Names
from agentry.new.origin import Origin, find_origin
from agentry.new.repository import contents
from agentry.new.write import Written, write

__all__ = ["Names", "Origin", "Written", "contents", "find_origin", "write"]
