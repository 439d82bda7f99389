"""The agents of any repository, whoever deploys them: what each uses, and what the script that logs it declares.

    for agent in inspect_repository(Path("."), environment={"LLM_ENDPOINT": "chat"}).agents:
        print(agent.shown, agent.driver, agent.missing)

`checkout` reads the files within bounds, `views` says what one module of them sees, `drivers` finds the calls that log
an agent, `logged` reads such a call and `declared` its list of resources, `reach` says what an object that is logged
takes with it; `find` and `agents` put it together.
"""

from agentry.inspector.repository.agents import LoggedAgent
from agentry.inspector.repository.declared import Declared, UndecidedPart
from agentry.inspector.repository.find import Candidate, Found, Repository, find_agents, inspect_repository

__all__ = [
    "Candidate",
    "Declared",
    "Found",
    "LoggedAgent",
    "Repository",
    "UndecidedPart",
    "find_agents",
    "inspect_repository",
]
