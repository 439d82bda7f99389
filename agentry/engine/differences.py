"""What differs between two sets of properties, by path, for decisions and for people's eyes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agentry.engine import paths
from agentry.engine.events import Difference
from agentry.engine.values import Properties, equal, is_secret, mask, signature
from agentry.errors import ProgramError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

HIDDEN = "[hidden]"
"""What stands for a value that the program does not want to be shown (`hideDiffs`)."""


def compare(old: Properties, new: Properties) -> dict[str, str]:
    """The paths at which two sets of properties differ, each with add, delete or update.

    Secrecy alone is no difference, nor is a key that begins with two underscores: a provider keeps there what is
    between it and its records (`IsInternalPropertyKey` of Pulumi). Where something is not of the same shape any more, or in a secret, the path ends
    there.
    """
    return {paths.render(path): kind for path, kind in _compare(old, new, ())}


def _compare(old: Any, new: Any, path: paths.Path) -> Iterator[tuple[paths.Path, str]]:
    if equal(old, new):
        return
    if isinstance(old, dict) and isinstance(new, dict) and signature(old) == signature(new) is None:
        for key in {**old, **new}:
            if not path and key.startswith("__"):
                continue
            yield from _compare_at(old.get(key, paths.MISSING), new.get(key, paths.MISSING), (*path, key))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            yield from _compare_at(
                old[index] if index < len(old) else paths.MISSING,
                new[index] if index < len(new) else paths.MISSING,
                (*path, index),
            )
    else:
        yield path, "update"


def _compare_at(old: Any, new: Any, path: paths.Path) -> Iterator[tuple[paths.Path, str]]:
    if old is paths.MISSING:
        yield path, "add"
    elif new is paths.MISSING:
        yield path, "delete"
    else:
        yield from _compare(old, new, path)


def describe(
    detailed: Mapping[str, str],
    *,
    old_inputs: Properties,
    old_outputs: Properties,
    new_inputs: Properties,
    hidden: Sequence[str] = (),
) -> tuple[Difference, ...]:
    """Old and new value for each path of a detailed diff, masked, sorted by path.

    Args:
        detailed: Paths to add, delete, update, each perhaps with "-replace" behind it.
        old_inputs: Where an old value is looked for first.
        old_outputs: Where it is looked for next: providers also compare with what the resource is.
        new_inputs: Where the new value is.
        hidden: Paths (`hideDiffs`) of which only that they change is shown.
    """
    found = []
    patterns = [paths.parse(pattern) for pattern in hidden]
    for text, kind in detailed.items():
        path = _parse(text)
        if any(paths.contains(pattern, path) for pattern in patterns):
            found.append(Difference(path=text, kind=kind, old=HIDDEN, new=HIDDEN))
            continue
        old = paths.get(old_inputs, path)
        if old is paths.MISSING:
            old = paths.get(old_outputs, path)
        new = paths.get(new_inputs, path)
        found.append(Difference(path=text, kind=kind, old=_shown(old, new), new=_shown(new, old)))
    return tuple(sorted(found, key=lambda difference: difference.path))


def _parse(text: str) -> paths.Path:
    try:
        return paths.parse(text)
    except ProgramError:
        return (text,)  # a provider's own way to write a path; shown as it is


def _shown(value: Any, other: Any) -> Any:
    """A value masked; what is a secret on the other side is hidden on this one too, it often tells the other."""
    if value is paths.MISSING:
        return None
    if is_secret(other):
        return "[secret]"
    if isinstance(value, dict) and isinstance(other, dict) and signature(value) is None:
        return {key: _shown(item, other.get(key, paths.MISSING)) for key, item in value.items()}
    if isinstance(value, list) and isinstance(other, list):
        return [_shown(item, other[index] if index < len(other) else None) for index, item in enumerate(value)]
    return mask(value)
