"""Taking over an endpoint that others made: what it would have been declared as, and the proof that it is so.

reading      what the workspace tells of the endpoint and what belongs to it
acceptance   whether that is an agent's endpoint, and one that may be taken over. Pure
declaration  the call and the imports that come of it. Pure
program      the call as lines of a Python program. Pure
code         the code, requirements and config that the served version holds
proof        the call and the imports in a project of their own: nothing may change
recording    what the proof recorded, put into the state of a stack. Pure
"""
