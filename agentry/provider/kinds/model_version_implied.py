"""Tell, on a ModelVersion, what its declared resources bring with them and the declaration lacks.

Only the workspace knows it, so it is advice: it never enters the declaration or the digest, which do not depend on the
network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentry.workspace.implied import closure, implies

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agentry.inspector.uses import Use
    from agentry.provider.kinds.kind import Context
    from agentry.resources import Resource

Key = tuple[str, str]


async def tell_implied(resources: Iterable[Resource], uses: Iterable[Use] | None, ctx: Context) -> None:
    """Ask the workspace what the declared resources bring, and tell what of it is not declared, each line once.

    What is used on behalf of the user is left out: its credentials are the caller's, whatever is declared.

    Args:
        resources: The declaration.
        uses: What the code was seen to use, None where nobody looked: what it lacks of that is an error already and
            is not told here again.
        ctx: Where to ask, within the run's budget, and where to tell.

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
    known = {_key(resource) for resource in (*own, *_own(use.resource for use in uses or ()))}
    lacking: dict[Key, tuple[Resource, list[Resource]]] = {}
    for source, implied in brought.items():
        for resource in implied.resources:
            if _key(resource) not in known:
                lacking.setdefault(_key(resource), (resource, []))[1].append(source)
    for resource, sources in lacking.values():
        ctx.report.warning(_line(resource, sources))
    for source, implied in brought.items():
        if implied.unknown:
            ctx.report.info(f"not checked: what {source} needs besides ({implied.unknown})")


def _own(resources: Iterable[Resource]) -> list[Resource]:
    return [resource for resource in dict.fromkeys(resources) if not resource.on_behalf_of_user]


def _key(resource: Resource) -> Key:
    """What a resource is known by: Unity Catalog's names are the same in capitals."""
    return resource.type, resource.name.casefold() if resource.about.securable else resource.name


def _line(resource: Resource, sources: list[Resource]) -> str:
    names = " and ".join(str(source) for source in sources)
    return (
        f"{names} also {'needs' if len(sources) == 1 else 'need'} {resource}, which resources lacks; "
        f'add Resource("{resource.type}", "{resource.name}")'
    )
