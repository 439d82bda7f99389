"""What the program asks for: RegisterResource, ReadResource and Invoke requests, decoded, without the protocol."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agentry.engine.urn import Alias
    from agentry.engine.values import Properties


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Goal:
    """A resource as the program wants it.

    `protect`, `retain_on_delete` and `delete_before_replace` are None when the program said nothing.
    `custom_timeouts` maps create, update, delete to seconds. `provider` is a provider reference or empty (the default
    provider of the package); `providers` maps packages to references, for the children of a component. A
    `replacement_trigger` with another value than the recorded one replaces the resource; None is no trigger.
    """

    type: str
    name: str
    custom: bool
    inputs: Properties
    parent: str = ""
    remote: bool = False
    protect: bool | None = None
    dependencies: tuple[str, ...] = ()
    property_dependencies: dict[str, tuple[str, ...]] = field(default_factory=dict)
    provider: str = ""
    providers: dict[str, str] = field(default_factory=dict)
    version: str = ""
    plugin_download_url: str = ""
    delete_before_replace: bool | None = None
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    additional_secret_outputs: tuple[str, ...] = ()
    aliases: tuple[Alias, ...] = ()
    import_id: str = ""
    custom_timeouts: dict[str, float] = field(default_factory=dict)
    retain_on_delete: bool | None = None
    deleted_with: str = ""
    replace_with: tuple[str, ...] = ()
    replacement_trigger: Any = None
    hide_diffs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """A resource that exists and that the program only looks at (`get`): who manages it is somewhere else.

    `id` may be unknown in a preview. `inputs` help the provider to find it.
    """

    type: str
    name: str
    id: str
    inputs: Properties
    parent: str = ""
    dependencies: tuple[str, ...] = ()
    provider: str = ""
    version: str = ""
    plugin_download_url: str = ""
    additional_secret_outputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Invocation:
    """A function of a provider, asked. What it depends on must be there before it has an answer."""

    token: str
    arguments: Properties
    provider: str = ""
    version: str = ""
    plugin_download_url: str = ""
    depends_on: tuple[str, ...] = ()
