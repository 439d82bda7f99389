"""A version of a registered model, made of an agent's directory and identified by its content.

New content is a new version, created before the old one is retired; the same content is the same version, also one
that an interrupted run, an earlier commit or another stack has made.
"""

# ruff: noqa: ARG002 the signatures are those of Kind

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from agentry.errors import AgentCodeError, AgentryError, InvalidRequest, NotFound, WaitTimeout
from agentry.package import read_package
from agentry.provider.kinds.endpoint_secrets import secret_variables
from agentry.provider.kinds.kind import (
    UNKNOWN,
    Checked,
    Context,
    Failure,
    Found,
    Gone,
    Kind,
    Made,
    PartialCreation,
    Properties,
)
from agentry.provider.kinds.model_version_fields import FIELDS, content_is_known, spec_of
from agentry.provider.kinds.model_version_implied import tell_implied
from agentry.provider.kinds.model_version_uses import tell_changes, use_failures
from agentry.provider.kinds.ownership import catalog_tag_failures, declared_tags, drifted, settle, workspace_of
from agentry.provider.kinds.read_back import shown
from agentry.provider.kinds.registered_model import as_recorded, name_failures
from agentry.provider.kinds.retirement import retire
from agentry.workspace import model_versions
from agentry.workspace.model_versions import FAILED, READY, Version
from agentry.workspace.registration import TIMEOUT as UPLOAD_TIMEOUT
from agentry.workspace.registration import Registration, link_again
from agentry.workspace.waits import Pending

if TYPE_CHECKING:
    from agentry.package import Package
    from agentry.provider.fields import Field
    from agentry.workspace import Workspace

TIMEOUT = 10 * 60.0
"""Seconds until a version that was finalized should be READY."""
LEFT_PENDING = 5.0
"""Seconds that a version which an interrupted run left pending is given to become READY, before it is removed."""


class ModelVersion(Kind):
    """See the module."""

    token: ClassVar[str] = "agentry:index:ModelVersion"
    doc: ClassVar[str] = "A model version made of an agent's directory; the same content is the same version."
    fields: ClassVar[tuple[Field, ...]] = FIELDS

    def __init__(self) -> None:
        # What resources of this run stand for: `retire` leaves it, also where neither endpoint nor alias names it yet.
        self._current: set[str] = set()

    async def check(self, inputs: Properties, old_inputs: Properties, ctx: Context) -> Checked:
        """Names and numbers; the digest of the content; the code's uses against the declared resources."""
        inputs = as_recorded("model", inputs, old_inputs)
        failures = name_failures("model", inputs["model"]) + catalog_tag_failures(inputs.get("tags"))
        keep = inputs.get("keep")
        if isinstance(keep, int) and keep < 0:
            failures.append(Failure("keep", f"{keep} versions can not be kept: 0 or more; leave it out to keep all"))
        if not content_is_known(inputs):
            return Checked({**inputs, "digest": UNKNOWN, "files": UNKNOWN}, failures)
        spec, wrong = spec_of(inputs)
        if wrong:
            return Checked(inputs, failures + wrong)
        try:
            package = read_package(spec, ctx.root)
        except AgentryError as error:
            return Checked(inputs, [*failures, Failure("code", str(error))])
        if inputs["check"]:
            failures += await use_failures(inputs, package, ctx)
        else:
            await tell_implied(package.content.resources, None, ctx)
        tell_changes(old_inputs, inputs, package, ctx)
        if package.digest != old_inputs.get("digest"):
            ctx.expect_upload()
        return Checked({**inputs, "digest": package.digest, "files": package.files}, failures)

    def secrets(self, properties: Properties) -> set[tuple[Any, ...]]:
        """Credentials among the variables that the code is checked with, by the rule of the endpoint that gets them."""
        return {("environmentVars", name) for name in secret_variables(properties.get("environmentVars"))}

    async def drift(self, id: str, state: Properties, inputs: Properties, ctx: Context) -> dict[str, str]:
        """A version that is gone, or not READY; description and tags that somebody changed."""
        self._current.add(id)
        if ctx.workspace is None:
            ctx.report.unchecked(f"whether version {id} is there and ready")
            return {}
        version = await model_versions.get(ctx.workspace, *_parse(id))
        if version is None:
            raise Gone("version", f"version {id} was removed outside of this stack: another one is made")
        if version.status != READY:
            return {"status": f"version {id} is {version.status}"}
        # What is declared of another stack's version is not set, so it can not drift.
        return drifted((version.description, version.tags), inputs) if version.owner == ctx.owner_tag else {}

    def preview(self, inputs: Properties, state: Properties | None) -> Properties:
        """An update changes nothing of what it is; which number a new one gets is known afterwards."""
        kept = ("version", "uri", "modelId", "status", "storageLocation")
        return {key: state[key] for key in kept if key in state} if state else {}

    async def create(self, inputs: Properties, ctx: Context) -> Made:
        """Use the version that holds this content, or register one."""
        workspace, model = workspace_of(ctx), inputs["model"]
        package = self._package(inputs, ctx)
        held = await model_versions.holding(workspace, model, package.digest, ctx.owner_tag)
        version = held.ready
        for left in held.left:
            version = version or await _finished(workspace, left, ctx)
            if version is None or left.number != version.number:
                ctx.report.info(f"removing version {left.number} ({left.status}), left by an interrupted run")
                await model_versions.delete(workspace, model, left.number)
        if version is None:
            return await self._register(inputs, package, ctx)
        by = "" if version.owner == ctx.owner_tag else f", made by {version.owner or 'somebody else'}"
        ctx.report.info(f"version {version.number} holds this content already{by}: it is used")
        await _settle(version, {}, inputs, ctx)
        if version.owner == ctx.owner_tag:
            await link_again(workspace, version)
        return self._made(version)

    def _package(self, inputs: Properties, ctx: Context) -> Package:
        """The package, if it is still what was previewed."""
        package = read_package(spec_of(inputs)[0], ctx.root)
        if package.digest != inputs["digest"]:
            changed = sorted(name for name, _ in package.files.items() ^ inputs["files"].items())
            raise AgentCodeError(
                "the agent changed after it was previewed",
                where=", ".join(dict.fromkeys(f"{inputs['code']}/{name}" for name in changed)) or inputs["code"],
                why="what was reviewed is what is deployed",
                fix="run it again",
            )
        return package

    async def _register(self, inputs: Properties, package: Package, ctx: Context) -> Made:
        workspace, model = workspace_of(ctx), inputs["model"]
        with tempfile.TemporaryDirectory(prefix="agentry-version-") as directory:
            await asyncio.to_thread(package.write, Path(directory))
            registered = await workspace.register(
                Registration(
                    model=model,
                    directory=Path(directory),
                    digest=package.digest,
                    owner=ctx.owner_tag,
                    report=ctx.report,
                    dependencies=package.dependencies,
                    tags=inputs["tags"],
                    description=inputs.get("description"),
                    experiment_id=inputs.get("experimentId"),
                    timeout=ctx.timeout or UPLOAD_TIMEOUT,
                )
            )
        number = int(registered.version)
        try:
            await shown(
                lambda: model_versions.get(workspace, model, number), what=f"version {number} of {model}", ctx=ctx
            )
            return self._made(await _until_ready(workspace, model, number, ctx))
        except InvalidRequest:
            raise
        except AgentryError as error:
            # It exists: a wait that ended early must not lose it.
            pending = Version(model, number, "PENDING_REGISTRATION", model_id=registered.model_id)
            raise PartialCreation(self._made(pending), [str(error)]) from error

    def _made(self, version: Version) -> Made:
        id_ = f"{version.model}/{version.number}"
        self._current.add(id_)
        return Made(id_, _outputs(version))

    async def read(self, id: str, inputs: Properties, state: Properties, ctx: Context) -> Found | None:
        """The version as it is. What it was made of is not read back: the digest in its tag stands for it."""
        workspace = workspace_of(ctx)
        version = await model_versions.get(workspace, *_parse(id))
        if version is None:
            return None
        self._current.add(id)
        seen: Properties = {
            "model": inputs.get("model") or version.model,
            "digest": version.digest or inputs.get("digest"),
            "description": version.description or None,
            "tags": declared_tags(version.tags, inputs),
        }
        if inputs and version.owner != ctx.owner_tag:
            # Another stack's, used: what we declare of it is not set, so it can not drift.
            seen |= {"description": inputs.get("description"), "tags": inputs.get("tags")}
        return Found(id, seen, _outputs(version))

    async def update(
        self, id: str, state: Properties, old_inputs: Properties, inputs: Properties, ctx: Context
    ) -> Properties:
        """Set description and tags; wait for one that is not READY yet."""
        workspace = workspace_of(ctx)
        model, number = _parse(id)
        self._current.add(id)
        version = await model_versions.get(workspace, model, number)
        if version is None:
            raise NotFound(
                f"version {id} is gone", why="it was removed outside of this stack", fix="run refresh, then up"
            )
        if version.status != READY:
            version = await _until_ready(workspace, model, number, ctx)
        await _settle(version, old_inputs, inputs, ctx)
        return _outputs(version)

    async def delete(self, id: str, state: Properties, inputs: Properties, ctx: Context) -> None:
        """Retire it: nothing is removed but what `keep` allows."""
        self._current.discard(id)
        model, _ = _parse(id)
        current = {number for other, number in map(_parse, self._current) if other == model}
        await retire(workspace_of(ctx), model, inputs.get("keep"), ctx.owner_tag, current, ctx.report)


async def _finished(workspace: Workspace, left: Version, ctx: Context) -> Version | None:
    """A pending version of an interrupted run, if it becomes READY by itself: it was uploaded and finalized."""
    if left.status == FAILED:
        return None
    try:
        return await _until_ready(workspace, left.model, left.number, ctx, timeout=LEFT_PENDING)
    except (InvalidRequest, WaitTimeout):
        return None


async def _until_ready(
    workspace: Workspace, model: str, number: int, ctx: Context, timeout: float | None = None
) -> Version:
    """Wait for READY: MLflow's client does not (its `_await_model_version_creation` is empty for Unity Catalog)."""

    async def poll() -> Version | Pending:
        version = await model_versions.get(workspace, model, number)
        if version is None or version.status == FAILED:
            message = version.message if version else "it is gone"
            raise InvalidRequest(f"version {number} of {model} can not be used", why=message, fix="run it again")
        return version if version.status == READY else Pending(version.status)

    seconds = timeout or ctx.timeout or TIMEOUT
    return await workspace.wait(poll, what=f"version {number} of {model}", timeout=seconds, report=ctx.report)


async def _settle(version: Version, old: Properties, new: Properties, ctx: Context) -> None:
    """Make description and tags what is declared, where the version is this stack's."""
    if version.owner != ctx.owner_tag:
        if new.get("description") or new.get("tags"):
            ctx.report.info(f"description and tags of version {version.number} are left: it is not this stack's")
        return
    named = {"name": version.model, "version": str(version.number)}
    await settle("model-versions", named, (version.description, version.tags), old, new, ctx)


def _outputs(version: Version) -> Properties:
    return {
        "version": str(version.number),
        "uri": f"models:/{version.model}/{version.number}",
        "modelId": version.model_id,
        "status": version.status,
        "storageLocation": version.storage_location,
    }


def _parse(id: str) -> tuple[str, int]:
    model, _, number = id.rpartition("/")
    if not model or not number.isdecimal():
        raise InvalidRequest(f"{id!r} is no id of a model version", fix="catalog.schema.model/7")
    return model, int(number)
