"""Tell, on a ModelVersion, what its declared resources bring with them and the declaration lacks.

Only the workspace knows it, so it is advice: it never enters the declaration or the digest, which do not depend on the
network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentry.inspector.findings import unused
from agentry.workspace.implied import closure, implies

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from agentry.inspector.uses import Use
    from agentry.provider.kinds.kind import Context
    from agentry.resources import Resource
    from agentry.workspace.implied import Implied


async def tell_implied(
    resources: Iterable[Resource], uses: Iterable[Use] | None, ctx: Context, idle: Iterable[Resource] = ()
) -> None:
    """Ask the workspace what the declared resources bring, and tell what of it is not declared, each line once.

    What is used on behalf of the user is left out: its credentials are the caller's, whatever is declared.

    Args:
        resources: The declaration.
        uses: What the code was seen to use, None where nobody looked: what it lacks of that is an error already and
            is not told here again.
        ctx: Where to ask, within the run's budget, and where to tell.
        idle: What is declared and the code was not seen to use: told as unused where it is surely not brought either.

    Raises:
        WorkspaceError: The workspace does not answer.
    """
    own = _own(resources)
    asked = [resource for resource in own if implies(resource)]
    if not asked:
        return
    if ctx.workspace is None:
        for resource in asked:
            ctx.report.unchecked(f"what {resource} needs besides")
        return
    brought = await closure(ctx.workspace, asked)
    known = {resource.key for resource in (*own, *_own(use.resource for use in uses or ()))}
    lacking: dict[tuple[str, str], tuple[Resource, list[Resource]]] = {}
    for source, implied in brought.items():
        for resource in implied.resources:
            if resource.key not in known:
                lacking.setdefault(resource.key, (resource, []))[1].append(source)
    for resource, sources in lacking.values():
        if all(_as_definer(source, resource) for source in sources):
            ctx.report.info(f"{_line(resource, sources)} if a call of it is denied: it runs as its definer")
        else:
            ctx.report.warning(_line(resource, sources))
    for source, implied in brought.items():
        if implied.unknown:
            ctx.report.info(f"not checked: what {source} needs besides ({implied.unknown})")
    _tell_idle(idle, brought, ctx)


def _tell_idle(idle: Iterable[Resource], brought: Mapping[Resource, Implied], ctx: Context) -> None:
    if any(implied.unknown for implied in brought.values()):
        return
    needed = {resource.key for implied in brought.values() for resource in implied.resources}
    for resource in idle:
        if resource.key not in needed:
            ctx.report.warning(str(unused(resource, "", resource.in_program)))


def _own(resources: Iterable[Resource]) -> list[Resource]:
    return [resource for resource in dict.fromkeys(resources) if not resource.on_behalf_of_user]


def _as_definer(source: Resource, resource: Resource) -> bool:
    """Whether a function reaches it with its definer's privileges.

    Unity Catalog knows no other kind of function (databricks-sdk 0.156, catalog.FunctionInfoSecurityType). Databricks'
    notebooks ask to declare the index or connection inside one all the same; of tables and functions no document does.
    """
    return source.type == "function" and resource.type in ("table", "function")


def _line(resource: Resource, sources: list[Resource]) -> str:
    names = " and ".join(str(source) for source in sources)
    return (
        f"{names} also {'needs' if len(sources) == 1 else 'need'} {resource}, which resources lacks; "
        f"add {resource.in_program}"
    )
