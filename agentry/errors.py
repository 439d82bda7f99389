"""The tree of errors. Whatever reaches a user is one of these; decisions are made by class, never by message.

    AgentryError
    ├── UserError                what somebody wrote: exit code 1, one error of a few lines
    │   ├── ConfigError          a stack file, a setting, a profile
    │   ├── ProgramError         the Pulumi program, or the arguments it gave a component
    │   ├── AgentCodeError       the agent's own directory: agent.py, requirements.txt, config.yaml
    │   ├── UndeclaredResource   the code uses what the declaration lacks
    │   ├── StateTooNew          a record that a later release of Agentry wrote
    │   └── InUse                what would be destroyed in production while somebody uses it
    ├── WorkspaceError           what a workspace answered
    │   ├── NotFound
    │   ├── AlreadyExists
    │   ├── PermissionDenied
    │   ├── Unauthenticated
    │   ├── Conflict             busy: another update runs
    │   ├── InvalidRequest
    │   ├── RateLimited          transient
    │   ├── Unavailable          transient: 5xx, or no connection
    │   └── WaitTimeout          something we waited for did not come about in time
    ├── EngineError              the embedded engine
    │   ├── StackLocked
    │   ├── WrongPassphrase
    │   ├── StateError           a checkpoint that can not be read
    │   ├── Unsupported          a feature of Pulumi's protocol that is not implemented, by name
    │   ├── ProviderError        what a provider plugin answered, or that it ended
    │   ├── DeploymentFailed     some steps failed; they were reported one by one
    │   └── PulumiError          what the Pulumi CLI answered
    │       └── CliMissing       there is none, or it is too old
    ├── SandboxError             the local workspace: not running, does not start
    └── Interrupted              SIGINT or SIGTERM; state was saved

Every error says what is wrong (`what`), where (`where`: `file:line`, a field, a resource), why (`why`) and what to
type (`fix`). Anything else that escapes is a bug of ours, and is shown as one.
"""

from __future__ import annotations


class AgentryError(Exception):
    """What all errors share.

    Args:
        what: One line, without a full stop: what is wrong.
        where: `file:line`, a key, a resource; empty when `what` says it.
        why: The reason, as far as it is known.
        fix: What to type or change.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", why: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.why = why
        self.fix = fix

    def lines(self) -> list[str]:
        """The error as a person reads it, one thought a line."""
        head = f"{self.where}: {self.what}" if self.where else self.what
        return [head, *(line for line in (self.why, self.fix and f"→ {self.fix}") if line)]

    def __str__(self) -> str:
        return "\n".join(self.lines())


class UserError(AgentryError):
    """Something that a person wrote and can change."""


class ConfigError(UserError):
    """A stack file, a setting or a profile."""


class ProgramError(UserError):
    """The Pulumi program, or the arguments it gave a component."""


class AgentCodeError(UserError):
    """The agent's own directory."""


class UndeclaredResource(UserError):
    """The agent's code uses what its declaration lacks, or what can not be decided."""


class WorkspaceError(AgentryError):
    """What a Databricks workspace answered, or that it did not answer."""

    transient = False


class NotFound(WorkspaceError):
    """There is no such object, or the identity may not see it."""


class AlreadyExists(WorkspaceError):
    """The name is taken."""


class PermissionDenied(WorkspaceError):
    """The identity lacks a privilege."""


class Unauthenticated(WorkspaceError):
    """No credentials, or they were refused."""


class Conflict(WorkspaceError):
    """Busy: another update of the same object runs."""


class InvalidRequest(WorkspaceError):
    """The workspace refuses the request as it is."""


class RateLimited(WorkspaceError):
    """Too many requests; `retry_after` seconds were asked for, if the workspace said so."""

    transient = True

    def __init__(
        self, what: str, *, retry_after: float | None = None, where: str = "", why: str = "", fix: str = ""
    ) -> None:
        super().__init__(what, where=where, why=why, fix=fix)
        self.retry_after = retry_after


class Unavailable(WorkspaceError):
    """5xx, or no connection at all.

    `unsent` says that the workspace never got the request, so that it can not have taken effect; `retry_after` seconds
    were asked for, if the workspace said so.
    """

    transient = True

    def __init__(
        self,
        what: str,
        *,
        unsent: bool = False,
        retry_after: float | None = None,
        where: str = "",
        why: str = "",
        fix: str = "",
    ) -> None:
        super().__init__(what, where=where, why=why, fix=fix)
        self.unsent = unsent
        self.retry_after = retry_after


class WaitTimeout(WorkspaceError):
    """What we waited for did not come about in time."""


class EngineError(AgentryError):
    """The embedded engine."""


class StackLocked(EngineError):
    """Another update of this stack runs, or died holding the lock."""


class WrongPassphrase(EngineError):
    """The passphrase does not open the secrets of this stack."""


class StateError(EngineError):
    """A checkpoint that can not be read or written."""


class StateTooNew(UserError):
    """A record that a later release of Agentry wrote."""


class InUse(UserError):
    """What would be destroyed in a stack of production while somebody uses it."""


class Unsupported(EngineError):
    """A feature of Pulumi's protocol that the embedded engine does not implement, named."""


class ProviderError(EngineError):
    """What a provider plugin answered, in its own words, or that it ended in the middle of a call.

    `outcome_unknown` says that nobody knows whether the call did what it was asked for; `reasons` are its single
    complaints where there are several.
    """

    def __init__(
        self,
        what: str,
        *,
        outcome_unknown: bool = False,
        reasons: tuple[str, ...] = (),
        where: str = "",
        why: str = "",
        fix: str = "",
    ) -> None:
        super().__init__(what, where=where, why=why, fix=fix)
        self.outcome_unknown = outcome_unknown
        self.reasons = reasons or (str(self),)


class DeploymentFailed(EngineError):
    """Some steps of a deployment failed; each was reported on its resource."""


class PulumiError(EngineError):
    """What the Pulumi CLI answered, in its own words."""


class CliMissing(PulumiError):
    """There is no Pulumi CLI, or one that is too old."""


class SandboxError(AgentryError):
    """The sandbox workspace does not run, or does not start."""


class Interrupted(AgentryError):
    """SIGINT, SIGTERM or a terminal that closed; what was done is saved."""

    exit_code = 130
