"""The agent's model config: `config.yaml`, with what the program gives for this stack over it. Pure.

The result is what `mlflow.models.ModelConfig` sees in the served agent, and part of what the version is. Both sides
read it here: the inspector to know what the code will see, the package to write it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import yaml

from agentry.errors import AgentCodeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentry.source import Source

CONFIG = "config.yaml"
MOST_VALUES = 100_000


def merged_config(source: Source, given: Mapping[str, Any]) -> dict[str, Any]:
    """What `ModelConfig` sees.

    A mapping goes over a mapping key by key, anything else replaces what config.yaml has.

    Args:
        source: The agent's directory.
        given: The program's `model_config`.

    Raises:
        AgentCodeError: config.yaml is no mapping of plain values, or `given` has a key that it lacks.
    """
    over = plain(given, "model_config")
    base = _config_file(source)
    return dict(over) if base is None else _over(base, over, "", source.where(CONFIG))


def plain(value: Any, where: str) -> Any:
    """The value as JSON has it, with keys sorted; whole numbers are ints.

    Pulumi's wire keeps neither the order of keys nor the difference of 1 and 1.0, so neither may count.

    Raises:
        AgentCodeError: A value that is no string, number, boolean, None, list or mapping with string keys.
    """
    if value is None or isinstance(value, bool | str | int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return int(value) if value.is_integer() else value
    if isinstance(value, list | tuple):
        return [plain(item, f"{where}[{number}]") for number, item in enumerate(value)]
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise AgentCodeError(f"the key {key!r} is not a string", where=where, fix=f'"{key}"')
        return {key: plain(value[key], f"{where}.{key}") for key in sorted(value)}
    raise AgentCodeError(
        f"{type(value).__name__} is not a plain value",
        where=where,
        why="it is written into the MLmodel file, as JSON has it",
        fix="a string, a number, true or false, null, a list or a mapping; quote a date",
    )


def _config_file(source: Source) -> dict[str, Any] | None:
    data = source.files.get(CONFIG)
    if data is None:
        return None
    try:
        loaded = yaml.safe_load(data)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = source.where(CONFIG, mark.line + 1 if mark else None)
        raise AgentCodeError("this is not YAML", where=where, why=getattr(error, "problem", "") or "") from error
    if loaded is not None and not isinstance(loaded, dict):
        raise AgentCodeError("this is not a mapping", where=source.where(CONFIG), fix="lines of the form: key: value")
    _refuse_endless(loaded, source.where(CONFIG))
    config: dict[str, Any] = _kept(loaded or {}, source.where(CONFIG))
    return config


def _refuse_endless(value: Any, where: str) -> None:
    """YAML's aliases make a value out of few bytes that is endless when it is written out, as it is for the MLmodel."""
    waiting, count = [value], 0
    while waiting:
        each = waiting.pop()
        count += 1
        if count > MOST_VALUES:
            raise AgentCodeError(
                f"it holds more than {MOST_VALUES:,} values",
                where=where,
                why="an alias (*name) stands for all that it names, each time, and may not hold itself",
                fix="write out what is meant, or keep data in a file of its own",
            )
        waiting += each.values() if isinstance(each, dict) else each if isinstance(each, list) else ()


def _kept(value: Any, where: str) -> Any:
    """As `plain`, but a float stays one: the file says which it is."""
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: _kept(value[key], f"{where}: {key}") for key in sorted(value)}
    if isinstance(value, list):
        return [_kept(item, where) for item in value]
    return plain(value, where)


def _over(base: dict[str, Any], over: dict[str, Any], path: str, file: str) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        where = f"{path}.{key}" if path else key
        if base and key not in base:
            raise AgentCodeError(
                f"{where} is not a key of the agent's config",
                where=f"model_config of {file.rpartition('/')[0]}",
                why=f"{file} has {', '.join(f'{path}.{known}' if path else known for known in base)}",
                fix=f"correct the name, or add {key}: to {file}",
            )
        merged[key] = _one_over(base.get(key), value, where, file)
    return merged


def _one_over(base: Any, value: Any, where: str, file: str) -> Any:
    if isinstance(base, dict) and isinstance(value, dict):
        return _over(base, value, where, file)
    if isinstance(base, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)  # 1.0 came over Pulumi's wire as 1
    return value
