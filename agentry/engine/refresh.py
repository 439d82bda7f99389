"""Refresh: look at every resource, and record what is there instead of what was left there."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from agentry.engine import differences, state, values
from agentry.engine.calls import InitFailed, Made
from agentry.engine.deployment import Aborted, Deployment
from agentry.engine.events import Op, StepDone, StepPlanned
from agentry.engine.plan import Change, Diff
from agentry.engine.urn import is_provider
from agentry.errors import ProviderError

if TYPE_CHECKING:
    from agentry.engine.state import Resource

_INVERSE = {"add": "delete", "delete": "add"}


async def refresh(deployment: Deployment) -> None:
    """Read every custom resource, side by side. Providers, components and what is half replaced stay as recorded."""
    before = deployment.snapshot.checkpoint.resources
    for resource in before:
        if resource.custom and not is_provider(resource.type) and not resource.pending_replacement:
            deployment.spawn(_refresh(deployment, resource))
    await deployment.drain()
    deployment.snapshot.release(before)


async def _refresh(deployment: Deployment, old: Resource) -> None:
    deployment.go_on()
    deployment.listen(StepPlanned(old.urn, Op.REFRESH, old.parent, inputs=values.mask(old.inputs)))
    began = deployment.clock.monotonic()
    client = await deployment.provider(old.provider)
    try:
        read, init_errors = await _read(deployment, old)
        diff = Diff(Change.NONE)
        if read.id and not old.external:
            # What an `up` would say next: the recorded inputs against what there is.
            found = _found(old, read, init_errors)
            diff = await client.diff(old.urn, found, old.inputs, ignored=old.ignore_changes)
    except ProviderError as error:
        deployment.step_failed(old.urn, Op.REFRESH, error)
        raise Aborted from error
    _record(deployment, old, read, init_errors, diff, began)


async def _read(deployment: Deployment, old: Resource) -> tuple[Made, tuple[str, ...]]:
    client = deployment.providers.get(old.provider)
    try:
        return await client.read(old.urn, old.id, inputs=old.inputs, outputs=old.outputs), ()
    except InitFailed as error:
        # That it is not healthy is a finding, not a failure; the next `up` acts on it.
        for reason in error.reasons:
            deployment.message("warning", reason, urn=old.urn)
        return error.made, error.reasons


def _found(old: Resource, read: Made, init_errors: tuple[str, ...]) -> Resource:
    return dataclasses.replace(
        old,
        id=read.id,
        inputs=old.inputs if read.inputs is None else read.inputs,
        outputs=values.mark_secrets(read.outputs, old.inputs, old.additional_secret_outputs),
        init_errors=init_errors,
    )


def _record(
    deployment: Deployment, old: Resource, read: Made, init_errors: tuple[str, ...], diff: Diff, began: float
) -> None:
    """Put what was found in the record's place, and tell what that changes."""
    if not read.id:
        deployment.snapshot.remove(old)
        _tell(deployment, old, Op.DELETE, {}, began)
        return
    found = _found(old, read, init_errors)
    if not state.equal(old, found):
        found = dataclasses.replace(found, modified=state.timestamp(deployment.clock.now()))
        deployment.snapshot.replace(old, found)
    drifted = not values.equal(old.outputs, found.outputs) if old.external else _differs(old, found, diff)
    _tell(deployment, found, Op.UPDATE if drifted else Op.SAME, _inverse(old, found, diff), began, old)


def _differs(old: Resource, found: Resource, diff: Diff) -> bool:
    if diff.change is Change.UNKNOWN:
        return bool(differences.compare(found.inputs, old.inputs))
    return diff.change is Change.SOME


def _inverse(old: Resource, found: Resource, diff: Diff) -> dict[str, str]:
    """The provider's difference turned around: it compares what is wanted with what is, a person sees what became of it."""
    detailed = diff.detailed or differences.compare(found.inputs, old.inputs)
    kinds = {path: kind.removesuffix("-replace") for path, kind in detailed.items()}
    return {path: _INVERSE.get(kind, kind) for path, kind in kinds.items()}


def _tell(
    deployment: Deployment,
    resource: Resource,
    op: Op,
    detailed: dict[str, str],
    began: float,
    old: Resource | None = None,
) -> None:
    shown = (
        differences.describe(
            detailed,
            old_inputs=old.inputs,
            old_outputs=old.outputs,
            new_inputs={**resource.outputs, **resource.inputs},
            hidden=old.hide_diffs,
        )
        if old and op is Op.UPDATE
        else ()
    )
    deployment.changes[op.value] += 1
    deployment.listen(StepPlanned(resource.urn, op, resource.parent, shown, inputs=values.mask(resource.inputs)))
    if not deployment.preview:
        seconds = deployment.clock.monotonic() - began
        deployment.listen(StepDone(resource.urn, op, seconds, values.mask(resource.outputs)))
