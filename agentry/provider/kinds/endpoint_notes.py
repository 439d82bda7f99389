"""What is said of a live endpoint beside how it differs: what others do there, whose privileges bound it, what can not be had."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentry.errors import InvalidRequest
from agentry.provider.kinds.endpoint_config import shares_of
from agentry.provider.kinds.endpoint_differences import part_differences
from agentry.provider.kinds.endpoint_places import CREATION

if TYPE_CHECKING:
    from agentry.provider.kinds.kind import Context, Properties


def refuse_what_stays(live: Properties, inputs: Properties) -> None:
    """What only a new endpoint can have, where somebody made the live one anew without it."""
    for field, value in part_differences(CREATION, live, inputs, {}, "").items():
        raise InvalidRequest(
            f"endpoint {inputs['name']} has {field} {value}",
            why="the platform takes it at creation only, and it was changed or made anew outside of this stack",
            fix="run refresh, then declare what it has; to make it anew as declared, delete it and run up",
        )


def tell_of_other_traffic(live: Properties, inputs: Properties, ours: str, ctx: Context) -> None:
    """What others serve here is theirs; that it gets questions is said."""
    shares = {name: share for name, share in shares_of(live.get("config")).items() if share and name != ours}
    if shares and inputs.get("traffic") is None and shares_of(live.get("config")).get(ours):
        said = ", ".join(f"{name} {share} %" for name, share in shares.items())
        ctx.report.info(f"served entities of others get questions: {said}; traffic={{...}} would decide that")


def warn_of_another_creator(state: Properties, ctx: Context) -> None:
    """Passthrough stays within the privileges of who created the endpoint; that can not be changed afterwards."""
    creator, me = state.get("creator"), ctx.workspace.me.name if ctx.workspace else None
    if creator and me and creator != me:
        ctx.report.warning(f"created by {creator}, you are {me}: the agent keeps using {creator}'s privileges")
