"""What an agent's code uses, held against what its version declares; and what a change gains and loses it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentry.errors import AgentCodeError
from agentry.inspector import compare, gains_and_losses, inspect_agent, scopes_gained_and_lost
from agentry.provider.kinds.kind import UNKNOWN, Failure
from agentry.provider.kinds.model_version_fields import declared_resources
from agentry.provider.kinds.model_version_implied import tell_implied

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentry.inspector import Comparison
    from agentry.package import Package
    from agentry.provider.kinds.kind import Context, Properties


async def use_failures(inputs: Properties, package: Package, ctx: Context) -> list[Failure]:
    """What is wrong with the declaration; what is only worth to know is told on the resource."""
    try:
        inspection = inspect_agent(ctx.root / inputs["code"], inputs["modelConfig"], _variables(inputs), inputs["code"])
    except AgentCodeError as error:
        return [Failure("code", str(error))]
    comparison = compare(inspection, package.content.resources, package.content.user_scopes)
    failures = [Failure("resources", str(complaint))] if (complaint := comparison.complaint()) else []
    failures += _findings(comparison, ctx)
    # What is not decided may use what looks idle.
    idle = () if comparison.undecided else comparison.brought
    await tell_implied(package.content.resources, inspection.uses, ctx, idle)
    return failures


def _findings(comparison: Comparison, ctx: Context) -> list[Failure]:
    """The rest: warnings are told, and what is an error beside a declaration fails."""
    failures = []
    for finding in comparison.findings(strict=ctx.strict):
        if finding.rule == "undeclared":
            continue  # all of them are one complaint
        if finding.level == "error":
            failures.append(Failure("authPolicy" if finding.rule == "scope" else "resources", str(finding)))
        else:
            ctx.report.warning(str(finding))
    return failures


def _variables(inputs: Properties) -> Mapping[str, str | None] | None:
    """The endpoint's variables as far as they are known now; None where nobody gave them."""
    given = inputs.get("environmentVars")
    if not isinstance(given, dict):
        return None
    return {name: None if value is UNKNOWN else str(value) for name, value in given.items()}


def tell_changes(old_inputs: Properties, inputs: Properties, package: Package, ctx: Context) -> None:
    """Which files make it another version, and what it may do now; the digest alone tells nobody anything."""
    before = old_inputs.get("files")
    if not isinstance(before, dict) or old_inputs.get("digest") == package.digest:
        return
    after = package.files
    changed = [f"{name} changed" for name in after if name in before and after[name] != before[name]]
    changed += [f"{name} is new" for name in after if name not in before]
    changed += [f"{name} is gone" for name in before if name not in after]
    ctx.report.info(", ".join(changed) or "what is declared of the agent changed")
    agent = ctx.urn.rpartition("::")[2]
    for sentence in gains_and_losses(declared_resources(old_inputs)[0], package.content.resources):
        ctx.report.info(f"{agent} {sentence}")
    for sentence in scopes_gained_and_lost(_scopes(old_inputs), _scopes(inputs)):
        ctx.report.info(f"{agent} {sentence}")


def _scopes(inputs: Properties) -> list[str]:
    """The API scopes of a declaration that `agentry.package` has understood, now or when it was recorded."""
    policy: Any = inputs.get("authPolicy")
    return [str(scope) for scope in policy["user_auth_policy"]["api_scopes"]] if isinstance(policy, dict) else []
