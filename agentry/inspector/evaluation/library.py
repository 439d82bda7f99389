"""What is known of functions that are not the agent's own: Python's, of files and paths, of well-known packages."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from agentry.inspector.evaluation import containers
from agentry.inspector.evaluation.settings import CONFIG, NOT_KNOWN, Settings
from agentry.inspector.evaluation.values import (
    HOLE,
    Arguments,
    Entries,
    External,
    Items,
    Known,
    Member,
    Unknown,
    Value,
    Values,
    combine,
    text,
    unique,
    why,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["NOT_KNOWN", "Settings", "call", "is_known", "path_attribute", "path_method"]

_RANGE = 256
_LAST = "it is known only when it runs"


def is_known(path: str) -> bool:
    """Whether what a function of this path returns is known here."""
    base, _, name = path.rpartition(".")
    return path in _FUNCTIONS or (name in {"get", "to_dict"} and base.removesuffix(".to_dict()") in CONFIG)


def call(path: str, given: Arguments, settings: Settings) -> Values | None:
    """What a well-known function returns; None for one that is not known here, or not so called."""
    base, _, name = path.rpartition(".")
    if base.removesuffix(".to_dict()") in CONFIG and name in {"get", "to_dict"}:
        if name == "to_dict":
            return settings.config()
        default = given.positional[1] if len(given.positional) > 1 else given.keywords.get("default")
        return _each(_first(given, "key"), lambda key: settings.read(base, key, default) or ())
    function = _FUNCTIONS.get(path)
    return function(given, settings) if function else None


def _first(given: Arguments, *names: str) -> Values:
    if given.positional:
        return given.positional[0]
    found = next((given.keywords[name] for name in names if name in given.keywords), None)
    return found if found is not None else (Unknown(given.rest or given.more or "nothing is given"),)


def _each(values: Values, make: Callable[[Value], Values]) -> Values:
    return unique([result for value in values for result in make(value)])


# environment


def _variable(given: Arguments, settings: Settings) -> Values:
    default = given.positional[1] if len(given.positional) > 1 else given.keywords.get("default", (Known(None),))
    return _each(_first(given, "key"), lambda key: settings.variable(key, default))


def _popped(given: Arguments, settings: Settings) -> Values:
    default = given.positional[1] if len(given.positional) > 1 else None
    return _each(_first(given), lambda key: settings.variable(key, default))


# files and paths


def _document(given: Arguments, settings: Settings) -> Values:
    return _each(_first(given), settings.document)


def _dotted_document(given: Arguments, settings: Settings) -> Values:
    return _each(_first(given), lambda path: settings.document(path, dotted=True))


def _path(given: Arguments, _: Settings) -> Values:
    if len(given.positional) > 1:
        return _join(given, _)
    if not given.positional:
        return (Known(HOLE, "", "where the agent runs"),)
    return _each(given.positional[0], lambda value: (_as_text(value),))


def _opened(given: Arguments, _: Settings) -> Values:
    return _each(_first(given, "file"), lambda value: (_as_text(value),))


def _as_text(value: Value) -> Value:
    return value if isinstance(value, Known | Unknown) else Unknown(why(value))


def _join(given: Arguments, _: Settings) -> Values:
    if given.rest:
        return (Unknown(given.rest),)
    return combine(given.positional, joined_path)


def joined_path(parts: Sequence[Value]) -> Value:
    """`a / b`: an absolute path forgets what is before it."""
    whole: list[Value] = []
    for part in parts:
        if isinstance(part, Known) and str(part.value).startswith("/"):
            whole = []
        whole.extend((*([Known("/")] if whole else []), part))
    return text(whole)


def _dirname(given: Arguments, _: Settings) -> Values:
    return _each(_first(given), lambda value: path_attribute(value, "parent") or (_as_text(value),))


def _package(given: Arguments, _: Settings) -> Values:
    def directory(value: Value) -> Values:
        if isinstance(value, Known) and HOLE not in str(value.value):
            return (Known(f"{HOLE}/{str(value.value).replace('.', '/')}", "", "where the agent runs"),)
        return (Unknown("which package it reads from is known only when it runs"),)

    return _each(_first(given), directory)


def path_attribute(base: Value, name: str) -> Values | None:
    """`.parent` and the like of a path that is known; None where it is not about a path."""
    if not isinstance(base, Known) or not isinstance(base.value, str):
        return None
    directory, _, last = base.value.rpartition("/")
    made = {"parent": directory or ".", "name": last, "stem": posixpath.splitext(last)[0]}.get(name)
    if made is not None:
        return (Known(made, base.origin, base.why),)
    if name == "parents":
        found: list[Values] = []
        while "/" in base.value and len(found) < 20:
            base = Known(base.value.rpartition("/")[0], base.origin, base.why)
            found.append((base,))
        return (Items(tuple(found)),)
    return (base,) if name in {"value", "_value_"} else None


def path_method(base: Known, name: str, arguments: list[Value]) -> Value | None:
    """What a method of a path returns; None where it is not one."""
    if not isinstance(base.value, str):
        return None
    if name in {"resolve", "absolute", "as_posix", "read_text", "read_bytes", "open", "read", "expanduser"}:
        return base
    if name == "with_name":
        return text((Known(posixpath.dirname(base.value)), Known("/"), *arguments))
    if name == "with_suffix" and HOLE not in base.value.rpartition("/")[2]:
        return text((Known(posixpath.splitext(base.value)[0], base.origin, base.why), *arguments))
    return joined_path([base, *arguments]) if name == "joinpath" else None


# values


def _str(given: Arguments, _: Settings) -> Values:
    if not given.positional:
        return (Known(""),)

    def written(value: Value) -> Values:
        if isinstance(value, Known):
            return (text([value]),)
        return (Unknown(why(value)),)

    return _each(given.positional[0], written)


def _int(given: Arguments, _: Settings) -> Values:
    def number(value: Value) -> Values:
        try:
            return (Known(int(value.value), value.origin),) if isinstance(value, Known) else (Unknown(why(value)),)
        except (TypeError, ValueError, OverflowError):
            return (Unknown("it is no number"),)

    return _each(_first(given), number)


def _bool(given: Arguments, _: Settings) -> Values:
    def truth(value: Value) -> Values:
        known = True if containers.is_true(value) else False if containers.is_false(value) else None
        return (Known(known),) if known is not None else (Unknown(_LAST),)

    return _each(_first(given), truth)


def _len(given: Arguments, _: Settings) -> Values:
    def size(value: Value) -> Values:
        if isinstance(value, Items) and value.exact:
            return (Known(len(value.items)),)
        if isinstance(value, Known) and isinstance(value.value, str) and HOLE not in value.value:
            return (Known(len(value.value)),)
        return (Unknown(_LAST),)

    return _each(_first(given), size)


def _cast(given: Arguments, _: Settings) -> Values | None:
    return given.positional[1] if len(given.positional) == 2 else None


def _same(given: Arguments, _: Settings) -> Values | None:
    return given.positional[0] if len(given.positional) == 1 else None


# lists and dicts


def as_items(value: Value) -> Items:
    """What a loop over a value takes, as a list."""
    if isinstance(value, Entries):
        return containers.keys(value)
    if isinstance(value, Items):
        return value
    if isinstance(value, Known) and isinstance(value.value, str) and HOLE not in value.value and len(value.value) < 99:
        return Items(tuple((Known(letter, value.origin),) for letter in value.value))
    if isinstance(value, External):
        return Items(((External(f"{value.path}[]", value.made),),), loose=True)
    return Items((), why(value), loose=True)


def _listed(given: Arguments, _: Settings) -> Values:
    if not given.positional:
        return (Items(()),)
    found = [as_items(value) for value in given.positional[0]]
    return unique([Items(items.items, items.why, loose=items.loose) for items in found])


def _unordered(given: Arguments, _: Settings) -> Values:
    found = _listed(given, _)
    return unique([Items(v.items, v.why, loose=True) if isinstance(v, Items) else v for v in found])


def _sorted(given: Arguments, _: Settings) -> Values:
    found: list[Value] = []
    for value in _listed(given, _):
        assert isinstance(value, Items | Unknown)
        if isinstance(value, Items) and value.exact and not given.keywords and not given.more:
            plain = [item[0].value for item in value.items if len(item) == 1 and isinstance(item[0], Known)]
            if len(plain) == len(value.items) and all(isinstance(each, str) and HOLE not in each for each in plain):
                order = sorted(range(len(plain)), key=lambda index: str(plain[index]))
                found.append(Items(tuple(value.items[index] for index in order)))
                continue
        found.append(Items(value.items, value.why, loose=True) if isinstance(value, Items) else value)
    return unique(found)


def _reversed(given: Arguments, _: Settings) -> Values:
    found = _listed(given, _)
    return unique([Items(v.items[::-1], v.why, loose=v.loose) if isinstance(v, Items) else v for v in found])


def _enumerate(given: Arguments, _: Settings) -> Values:
    start = given.positional[1] if len(given.positional) > 1 else given.keywords.get("start", (Known(0),))
    first = start[0].value if len(start) == 1 and isinstance(start[0], Known) else None

    def numbered(value: Value) -> Values:
        items = as_items(value)
        exact = items.exact and isinstance(first, int)
        numbers: list[Values] = [
            (Known(first + index),) if exact and isinstance(first, int) else (Unknown(_LAST),)
            for index in range(len(items.items))
        ]
        pairs = tuple((Items((number, item)),) for number, item in zip(numbers, items.items, strict=True))
        return (Items(pairs, items.why, loose=items.loose),)

    return _each(_first(given, "iterable"), numbered)


def _zip(given: Arguments, _: Settings) -> Values:
    if given.rest or any(len(part) != 1 for part in given.positional):
        return (Unknown("what is zipped may be several things"),)
    columns = [as_items(part[0]) for part in given.positional]
    if all(column.exact for column in columns):
        return (Items(tuple((Items(row),) for row in zip(*(column.items for column in columns), strict=False))),)
    row = Items(tuple(column.all() or (Unknown(_LAST),) for column in columns))
    return (Items(((row,),), loose=True),)


def _dict(given: Arguments, _: Settings) -> Values:
    named = Entries(tuple(given.keywords.items()), given.more)
    if not given.positional:
        return (named,)
    return unique([containers.merge(as_entries(value), named) for value in given.positional[0]])


def as_entries(value: Value) -> Entries:
    """What `dict(value)` is."""
    if isinstance(value, Entries):
        return Entries(value.items, value.why, value.loose)
    if not isinstance(value, Items):
        return Entries((), why(value))
    found: list[tuple[object, Values]] = []
    reason = value.why
    for item in value.items:
        for pair in item:
            names = pair.items[0] if isinstance(pair, Items) and pair.exact and len(pair.items) == 2 else ()
            for name in names:
                if isinstance(name, Known) and isinstance(pair, Items):
                    found.append((name.value, pair.items[1]))
                else:
                    reason = reason or why(name)
            reason = reason or ("" if names else why(pair))
    return Entries(tuple(found), reason, loose=value.loose or bool(reason))


def _from_keys(given: Arguments, _: Settings) -> Values:
    value = given.positional[1] if len(given.positional) > 1 else (Known(None),)
    return _each(_first(given), lambda keys: (as_entries(_paired(as_items(keys), value)),))


def _paired(keys: Items, value: Values) -> Items:
    return Items(tuple((Items((key, value)),) for key in keys.items), keys.why, keys.loose)


def _namespace(given: Arguments, _: Settings) -> Values:
    return unique([_with_dots(value) for value in _dict(given, _)])


def _with_dots(value: Value) -> Value:
    if isinstance(value, Entries):
        found = tuple((key, tuple(_with_dots(each) for each in values)) for key, values in value.items)
        return Entries(found, value.why, value.loose, dotted=True)
    return value


def _chained(given: Arguments, _: Settings) -> Values:
    if given.rest:
        return (Unknown(given.rest),)
    whole: Values = (Entries(()),)
    for part in reversed(given.positional):
        whole = combine([whole, part], lambda pair: containers.merge(pair[0], pair[1]))
    return whole


def _range(given: Arguments, _: Settings) -> Values:
    plain = [part[0].value for part in given.positional if len(part) == 1 and isinstance(part[0], Known)]
    if len(plain) != len(given.positional) or not all(isinstance(bound, int) for bound in plain) or not plain:
        return (Items((), _LAST, loose=True),)
    try:
        numbers = range(*plain)
    except (TypeError, ValueError):
        return (Unknown("the range is not one"),)
    if len(numbers[: _RANGE + 1]) > _RANGE:
        return (Items((), f"it counts to more than {_RANGE}", loose=True),)
    return (Items(tuple((Known(number),) for number in numbers)),)


def _next(given: Arguments, _: Settings) -> Values:
    default = given.positional[1] if len(given.positional) > 1 else ()
    return _each(_first(given), lambda value: (*(as_items(value).all()), *default) or (Unknown("it is empty"),))


def _chain(given: Arguments, _: Settings) -> Values:
    if any(len(part) != 1 for part in given.positional) or given.rest:
        return (Items((), "what is chained may be several things", loose=True),)
    items = [as_items(part[0]) for part in given.positional]
    reasons = [each.why for each in items if each.why]
    found = tuple(item for each in items for item in each.items)
    return (Items(found, reasons[0] if reasons else "", any(each.loose for each in items)),)


def _product(given: Arguments, _: Settings) -> Values:
    whole: list[tuple[Values, ...]] = [()]
    for part in given.positional:
        items = as_items(part[0]) if len(part) == 1 else None
        if items is None or not items.exact or given.keywords or len(whole) * len(items.items) > _RANGE:
            return (Items((), "the combinations are too many, or known only when it runs", loose=True),)
        whole = [(*row, item) for row in whole for item in items.items]
    return (Items(tuple((Items(row),) for row in whole)),)


def _template(given: Arguments, _: Settings) -> Values | None:
    """`string.Template(text)` stands for its text; its methods are called on that."""
    return given.positional[0] if len(given.positional) == 1 else None


def _add(given: Arguments, _: Settings) -> Values | None:
    if len(given.positional) != 2:
        return None
    return combine(given.positional, lambda pair: containers.add(pair[0], pair[1]) or text(pair))


def member_name(value: Value) -> str:
    """The name of a member of an enum; empty for anything else."""
    return value.name if isinstance(value, Member) else ""


_FUNCTIONS: dict[str, Callable[[Arguments, Settings], Values | None]] = {
    **dict.fromkeys(("os.getenv", "os.environ.get", "environ.get", "getenv", "decouple.config"), _variable),
    **dict.fromkeys(("os.environ.pop", "environ.pop", "os.environ.setdefault", "environ.setdefault"), _popped),
    **dict.fromkeys(("os.environ.__getitem__",), _popped),
    **dict.fromkeys(
        (
            *("yaml.safe_load", "yaml.load", "yaml.full_load", "json.load", "json.loads"),
            *("tomllib.load", "tomllib.loads", "tomli.load", "tomli.loads", "toml.load", "toml.loads"),
        ),
        _document,
    ),
    **dict.fromkeys(("omegaconf.OmegaConf.load", "OmegaConf.load"), _dotted_document),
    **dict.fromkeys(("pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "pathlib.PurePosixPath"), _path),
    **dict.fromkeys(("os.fspath", "os.path.abspath", "os.path.realpath", "os.path.normpath"), _opened),
    **dict.fromkeys(("open", "io.open", "io.StringIO", "os.path.expanduser"), _opened),
    "os.path.join": _join,
    "os.path.dirname": _dirname,
    **dict.fromkeys(("importlib.resources.files", "importlib_resources.files"), _package),
    "str": _str,
    "int": _int,
    "bool": _bool,
    "len": _len,
    "typing.cast": _cast,
    **dict.fromkeys(
        (
            *("iter", "copy.copy", "copy.deepcopy", "types.MappingProxyType", "os.path.expandvars", "sys.intern"),
            "omegaconf.OmegaConf.to_container",
            *("mlflow.trace", "mlflow.trace()"),
        ),
        _same,
    ),
    **dict.fromkeys(("list", "tuple", "collections.deque"), _listed),
    **dict.fromkeys(("set", "frozenset"), _unordered),
    "sorted": _sorted,
    "reversed": _reversed,
    "enumerate": _enumerate,
    "zip": _zip,
    **dict.fromkeys(("dict", "collections.OrderedDict"), _dict),
    "dict.fromkeys": _from_keys,
    **dict.fromkeys(("types.SimpleNamespace", "argparse.Namespace", "box.Box", "easydict.EasyDict"), _namespace),
    "omegaconf.OmegaConf.create": _namespace,
    "collections.ChainMap": _chained,
    "range": _range,
    "next": _next,
    "itertools.chain": _chain,
    "itertools.product": _product,
    "string.Template": _template,
    "operator.add": _add,
}
