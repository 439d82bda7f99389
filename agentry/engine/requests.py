"""What the program sends, decoded. A field or a feature that this engine does not implement is refused by its name."""

from __future__ import annotations

import re
from typing import Any

from google.protobuf import unknown_fields

from agentry.engine import paths, values
from agentry.engine.goal import Goal, Invocation, Reading
from agentry.engine.urn import Alias
from agentry.errors import ProgramError, Unsupported
from agentry.protocol import resource_pb2 as messages

FEATURES = (
    messages.RESOURCE_MONITOR_FEATURE_SECRETS,
    messages.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    messages.RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES,
    messages.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    messages.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
    messages.RESOURCE_MONITOR_FEATURE_REPLACE_WITH,
    messages.RESOURCE_MONITOR_FEATURE_REPLACEMENT_TRIGGER,
    messages.RESOURCE_MONITOR_FEATURE_INVOKE_DEPENDS_ON,
)
"""What the engine offers."""

REFUSED_FEATURES = (
    messages.RESOURCE_MONITOR_FEATURE_TRANSFORMS,
    messages.RESOURCE_MONITOR_FEATURE_INVOKE_TRANSFORMS,
    messages.RESOURCE_MONITOR_FEATURE_RESOURCE_HOOKS,
    messages.RESOURCE_MONITOR_FEATURE_ERROR_HOOKS,
    messages.RESOURCE_MONITOR_FEATURE_STATE_MIGRATIONS,
    messages.RESOURCE_MONITOR_FEATURE_PARAMETERIZATION,
)
"""What a program is told it may ask for, and is refused by its name when it does. Otherwise the SDK refuses it, with the
advice to update a Pulumi CLI that is not there."""

FEATURE_NAMES = frozenset(
    {
        "secrets",
        "resourceReferences",
        "outputValues",
        "aliasSpecs",
        "deletedWith",
        "replaceWith",
        "replacementTrigger",
    }
)
"""The same by the names of the older call, SupportsFeature."""

# How answers are to look, and where in the program a request comes from: this engine always answers with typed secrets
# and references (every SDK of this decade takes them), and keeps no source positions (they hold paths of the machine).
_ABOUT_ANSWERS = frozenset(
    {
        "acceptSecrets",
        "acceptResources",
        "accepts_byte_string",
        "aliasSpecs",
        "supportsPartialValues",
        "supportsResultReporting",
        "accept_output_values",
        "sourcePosition",
        "stackTrace",
        "parentStackTraceHandle",
    }
)

REGISTER: frozenset[str] = _ABOUT_ANSWERS | {
    "type",
    "name",
    "parent",
    "custom",
    "object",
    "protect",
    "dependencies",
    "provider",
    "propertyDependencies",
    "deleteBeforeReplace",
    "deleteBeforeReplaceDefined",
    "version",
    "ignoreChanges",
    "additionalSecretOutputs",
    "aliasURNs",
    "aliases",
    "importId",
    "customTimeouts",
    "providers",
    "replaceOnChanges",
    "pluginDownloadURL",
    "retainOnDelete",
    "deletedWith",
    "replace_with",
    "replacement_trigger",
    "hideDiffs",
}
READ: frozenset[str] = _ABOUT_ANSWERS | {
    "id",
    "type",
    "name",
    "parent",
    "properties",
    "dependencies",
    "provider",
    "version",
    "pluginDownloadURL",
    "additionalSecretOutputs",
}
INVOKE: frozenset[str] = _ABOUT_ANSWERS | {"tok", "args", "provider", "version", "pluginDownloadURL", "dependsOn"}
_OUTPUTS = frozenset({"urn", "outputs"})

_NAMES = {
    "remote": "a component that a provider makes (remote)",
    "hooks": "resource hooks",
    "transforms": "transforms",
    "state_migrations": "state migrations",
    "packageRef": "a parameterized package",
    "pluginChecksums": "plugin checksums",
    "envVarMappings": "the option env_var_mappings",
}

_CALLS = {
    "Call": "methods of resources (Call)",
    "ExistsResource": "asking whether a resource exists (ExistsResource)",
    "RegisterStackTransform": "transforms",
    "RegisterStackInvokeTransform": "transforms of functions",
    "RegisterResourceHook": "resource hooks",
    "RegisterErrorHook": "error hooks",
    "RegisterPackage": "a parameterized package",
}

_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ns|us|µs|μs|ms|s|m|h))+")
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|μs|ms|s|m|h)")


def unsupported(what: str, where: str = "") -> Unsupported:
    """A feature that this engine lacks and the Pulumi CLI has."""
    return Unsupported(
        f"the embedded engine does not support {what}",
        where=where,
        fix="deploy this stack with the Pulumi CLI: pulumi up",
    )


def unsupported_call(name: str) -> Unsupported:
    """A call that this engine does not answer, by its name with the service before it."""
    return unsupported(_CALLS.get(name.rpartition(".")[2], name))


def _refuse_others(request: Any, known: frozenset[str] | set[str], where: str) -> None:
    for field, value in request.ListFields():
        # An empty message says nothing; the SDK always sends `hooks: {}`.
        empty = field.message_type is not None and not field.is_repeated and not value.ListFields()
        if field.name not in known and not empty:
            raise unsupported(_NAMES.get(field.name, f"{field.name} of {type(request).__name__}"), where)
    fields: Any = unknown_fields.UnknownFieldSet(request)
    for field in fields:
        raise unsupported(f"field {field.field_number} of {type(request).__name__}, which a newer SDK sent", where)


def seconds(text: str, where: str) -> float:
    """A duration as Pulumi writes it (`1h30m`, `90s`), in seconds; `ProgramError` when it is none."""
    if not _DURATION.fullmatch(text):
        raise ProgramError(f"{text!r} is no duration", where=where, fix="write it like 30m or 1h30m")
    return sum(float(number) * _SECONDS[unit] for number, unit in _DURATION_PART.findall(text))


def goal(request: messages.RegisterResourceRequest) -> Goal:
    """A RegisterResource request as what it asks for.

    Raises:
        Unsupported: It has a field that this engine does not implement, by name.
        ProgramError: A duration that is none.
    """
    where = f"{request.type} {request.name!r}"
    _refuse_others(request, REGISTER, where)
    inputs = values.decode(request.object)
    timeouts = {field.name: seconds(text, where) for field, text in request.customTimeouts.ListFields()}
    return Goal(
        type=request.type,
        name=request.name,
        custom=request.custom,
        inputs=values.downgrade(inputs),
        parent=request.parent,
        protect=_optional(request, "protect"),
        dependencies=tuple(request.dependencies),
        property_dependencies=_property_dependencies(request, inputs),
        provider=request.provider,
        providers=dict(request.providers),
        version=request.version,
        plugin_download_url=request.pluginDownloadURL,
        delete_before_replace=(
            request.deleteBeforeReplace if request.deleteBeforeReplaceDefined or request.deleteBeforeReplace else None
        ),
        ignore_changes=tuple(request.ignoreChanges),
        replace_on_changes=tuple(request.replaceOnChanges),
        additional_secret_outputs=tuple(request.additionalSecretOutputs),
        aliases=(*(Alias(urn=urn) for urn in request.aliasURNs), *map(_alias, request.aliases)),
        import_id=request.importId,
        custom_timeouts=timeouts,
        retain_on_delete=_optional(request, "retainOnDelete"),
        deleted_with=request.deletedWith,
        replace_with=tuple(request.replace_with),
        replacement_trigger=_trigger(request),
        hide_diffs=tuple(paths.render(paths.parse(path)) for path in request.hideDiffs),
    )


def _trigger(request: messages.RegisterResourceRequest) -> Any:
    """What replaces the resource when it changes; None where the program names nothing."""
    if not request.HasField("replacement_trigger"):
        return None
    return values.downgrade(values.decode_value(request.replacement_trigger))


def reading(request: messages.ReadResourceRequest) -> Reading:
    """A ReadResource request as what it asks for; `Unsupported` for a field that is not implemented, by name."""
    where = f"{request.type} {request.name!r}"
    _refuse_others(request, READ, where)
    return Reading(
        type=request.type,
        name=request.name,
        id=values.UNKNOWN if request.id in values.UNKNOWNS else request.id,
        inputs=values.downgrade(values.decode(request.properties)),
        parent=request.parent,
        dependencies=tuple(request.dependencies),
        provider=request.provider,
        version=request.version,
        plugin_download_url=request.pluginDownloadURL,
        additional_secret_outputs=tuple(request.additionalSecretOutputs),
    )


def _optional(request: Any, field: str) -> bool | None:
    return bool(getattr(request, field)) if request.HasField(field) else None


def _property_dependencies(
    request: messages.RegisterResourceRequest, inputs: values.Properties
) -> dict[str, tuple[str, ...]]:
    """What each input depends on: as said, else on all that the resource depends on; and what its value names."""
    said = {key: set(one.urns) for key, one in request.propertyDependencies.items()}
    if not said:
        said = {key: set(request.dependencies) for key in inputs}
    for key, value in inputs.items():
        said.setdefault(key, set()).update(_output_dependencies(value))
    return {key: tuple(sorted(urns)) for key, urns in said.items()}


def _output_dependencies(value: Any) -> set[str]:
    return {
        urn
        for one in values.walk(value)
        if values.signature(one) == values.OUTPUT
        for urn in one.get("dependencies") or ()
    }


def _alias(alias: Any) -> Alias:
    if alias.WhichOneof("alias") == "urn":
        return Alias(urn=alias.urn)
    spec = alias.spec
    # The Python SDK sends an empty parent where it means the present one.
    return Alias(
        name=spec.name or None,
        type=spec.type or None,
        stack=spec.stack or None,
        project=spec.project or None,
        parent=spec.parentUrn or None,
        no_parent=spec.noParent,
    )


def outputs(request: messages.RegisterResourceOutputsRequest) -> values.Properties:
    """The outputs that a component registers."""
    _refuse_others(request, _OUTPUTS, request.urn)
    decoded: values.Properties = values.downgrade(values.decode(request.outputs))
    return decoded


def invocation(request: messages.ResourceInvokeRequest) -> Invocation:
    """An Invoke request as what it asks; `Unsupported` for a field that is not implemented, by name."""
    _refuse_others(request, INVOKE, request.tok)
    return Invocation(
        token=request.tok,
        arguments=values.downgrade(values.decode(request.args)),
        provider=request.provider,
        version=request.version,
        plugin_download_url=request.pluginDownloadURL,
        depends_on=tuple(request.dependsOn),
    )
