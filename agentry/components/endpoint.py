"""What can be said of an agent's endpoint, and the name it has when nothing is said."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import pulumi

from agentry.endpoint_name import default_name
from agentry.errors import ProgramError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentry.components.serving_fields import EmailNotifications, InferenceTable, Telemetry


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Options of the endpoint that serves an agent.

    Args:
        size: `Small`, `Medium` or `Large`: how much it answers at once. None: `Small`, where no concurrency is given.
        scale_to_zero: Whether it may stop when nobody asks; the first question then waits for its start.
        name: At most 63 letters, digits, dashes and underscores. None: `agents_` and the model's name, as
            `databricks.agents.deploy()` forms it.
        traffic: Percent for served entities of others, by their names; ours gets the rest. None: all to ours.
        tags: Tags of the endpoint alone, over those of the agent.
        description: What people read beside the endpoint alone; "" for nothing. None: that of the agent.
        min_concurrency: Instead of a size: how many questions at once, at least.
        max_concurrency: Instead of a size: how many questions at once, at most.
        workload_type: What it runs on: `CPU`, `GPU_SMALL` and so on. None: the platform's, `CPU`.
        instance_profile_arn: The instance profile by which the agent reaches resources of AWS.
        inference_table: The table that records questions and answers. None: on, beside the model.
        budget_policy_id: The budget (or usage) policy that its cost counts to; a change makes a new endpoint.
        email_notifications: Who is told of its updates.
        telemetry: Which logs, spans and metrics go into tables of Unity Catalog.
        route_optimized: Whether it has an address of its own with a shorter way, which takes OAuth only; a change
            makes a new endpoint.
        agent_variables: Whether the three variables are set that `databricks.agents.deploy()` sets, for traces and
            streaming.
        timeouts: How long each operation may take, as Pulumi writes durations; without, 30 minutes each.

    An agent's AI gateway has an inference table and nothing else, so usage tracking, rate limits, guardrails and
    fallback are not here: `ServingEndpoint` has them for the endpoints of models.
    """

    size: str | None = None
    scale_to_zero: bool = True
    name: str | None = None
    traffic: Mapping[str, int] | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    description: str | None = None
    min_concurrency: int | None = None
    max_concurrency: int | None = None
    workload_type: str | None = None
    instance_profile_arn: str | None = None
    inference_table: InferenceTable | None = None
    budget_policy_id: str | None = None
    email_notifications: EmailNotifications | None = None
    telemetry: Telemetry | None = None
    route_optimized: bool | None = None
    agent_variables: bool = True
    timeouts: pulumi.CustomTimeouts = field(
        default_factory=lambda: pulumi.CustomTimeouts(create="30m", update="30m", delete="30m")
    )


SIZES = ("Small", "Medium", "Large")


def checked(endpoint: Endpoint, model: str, agent: str, where: str) -> str:
    """The name of the endpoint, after looking at its options.

    Raises:
        ProgramError: An option that can not be, or a name that another agent of this program has.
    """
    name = endpoint.name if endpoint.name is not None else default_name(model)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}", name):
        raise ProgramError(
            f"{name!r} can not be the name of an endpoint",
            where=where,
            why="a name has at most 63 letters, digits, dashes and underscores",
            fix='endpoint=Endpoint(name="...")',
        )
    if endpoint.size is not None and (endpoint.min_concurrency is not None or endpoint.max_concurrency is not None):
        raise ProgramError(
            f"size={endpoint.size!r} and a concurrency exclude one another",
            where=where,
            why="a size is a range of concurrency",
            fix="endpoint=Endpoint(min_concurrency=4, max_concurrency=16), without size=",
        )
    if endpoint.size not in (None, *SIZES):
        raise ProgramError(
            f"{endpoint.size!r} is no size of an endpoint",
            where=where,
            why=f"the sizes are {', '.join(SIZES)}; max_concurrency= says more exactly how much",
            fix=f'endpoint=Endpoint(size="{SIZES[0]}")',
        )
    _claim(name, agent, where)
    return name


_claimed: WeakKeyDictionary[Any, dict[str, str]] = WeakKeyDictionary()
"""The names of endpoints by program: one process may run several, one after the other, each with a monitor of its own.

Pulumi's mocks do not make a new root stack for each, so that is not it.
"""


def _claim(name: str, agent: str, where: str) -> None:
    if pulumi.runtime.get_root_resource() is None:
        return
    claimed = _claimed.setdefault(pulumi.runtime.settings.get_monitor(), {})
    if name in claimed:
        raise ProgramError(
            f"the agents {claimed[name]!r} and {agent!r} would have one endpoint, {name}",
            where=where,
            why="the name is formed from the first 56 characters of the model's name",
            fix='endpoint=Endpoint(name="...") for one of them',
        )
    claimed[name] = agent
