"""The lines of a requirements file, one by one: what each is, and which can not work where an agent is served. Pure."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, replace

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from agentry.errors import AgentCodeError

_INCLUDE = re.compile(r"(?P<option>-r|-c|--requirement|--constraint)(?:\s+|=|(?<=-[rc]))(?P<path>\S.*)")
_COMMENT = re.compile(r"(^|\s+)#.*$")
_OPTIONS = re.compile(r"\s+(?=--)")
_HASH = re.compile(r"--hash=[a-z0-9]+:[0-9a-fA-F]+")
_PASSED_ON = ("--require-hashes", "--pre", "--prefer-binary", "--no-binary", "--only-binary")
_INDEX = ("-i", "--index-url", "--extra-index-url", "-f", "--find-links", "--no-index", "--trusted-host", "--pypi-url")
# A user before the host, a token in the query, or a variable that pip puts in: the served agent's build has none.
_CREDENTIALS = re.compile(r"://[^/\s]*@|[?&]\w*token=|\$\{")
_ARCHIVES = (".whl", ".tar.gz", ".tar.bz2", ".tgz", ".zip")


@dataclass(frozen=True, slots=True)
class Line:
    """One requirement, or an option of the whole file.

    Attributes:
        text: As it is written into the model.
        where: `agents/weather/requirements.txt:7`.
        parsed: Name, extras, version and marker; None for an option, and for an address without a name.
        hashed: Whether it carries `--hash`.
    """

    text: str
    where: str
    parsed: Requirement | None = None
    hashed: bool = False

    @property
    def pin(self) -> str | None:
        """The version where exactly one is asked for."""
        specifiers = list(self.parsed.specifier) if self.parsed else []
        if len(specifiers) != 1 or specifiers[0].operator != "==" or specifiers[0].version.endswith(".*"):
            return None
        return specifiers[0].version

    def applies_to(self, name: str, python: str) -> bool:
        """Whether this is a requirement of that package where the agent is served: CPython on Linux."""
        if self.parsed is None or canonicalize_name(self.parsed.name) != name:
            return False
        return self.parsed.marker is None or self.parsed.marker.evaluate(_served_on(python))


@dataclass(frozen=True, slots=True)
class Include:
    """`-r` or `-c` of another file."""

    path: str
    constraint: bool


@functools.lru_cache(maxsize=64)
def logical_lines(text: str) -> tuple[tuple[int, str], ...]:
    """Number of the first physical line, and the line with its continuations joined.

    Kept for the texts of a run: agents of one repository often pin the same, and each is read more than once.
    """
    joined: list[tuple[int, str]] = []
    first, parts = 1, list[str]()
    for number, line in enumerate(text.split("\n"), start=1):
        stripped = line.strip()
        if not parts:
            first = number
        if stripped.endswith("\\"):
            parts.append(stripped.rstrip("\\"))
            continue
        joined.append((first, "".join([*parts, stripped])))
        parts.clear()
    if parts:
        joined.append((first, "".join(parts)))
    return tuple(joined)


def strip_comment(line: str) -> str:
    """The line without its comment and without surrounding space."""
    return _COMMENT.sub("", line.strip()) if "#" in line else line.strip()


def included(line: str) -> Include | None:
    """The file that a `-r` or `-c` line names, or None."""
    if match := _INCLUDE.fullmatch(line):
        return Include(match["path"].strip(), match["option"] in {"-c", "--constraint"})
    return None


def parse_line(text: str, where: str) -> Line:
    """What one line without comment asks for.

    Raises:
        AgentCodeError: It does not parse, or can not work where the agent is served.
    """
    try:
        line = _understood(text)
    except AgentCodeError as error:
        raise _refusal(error.what, where, error.why, error.fix) from error.__cause__
    return replace(line, where=where)


@functools.lru_cache(maxsize=4096)
def _understood(text: str) -> Line:
    """The same wherever the line is: one with the hashes of fifty wheels is long, and read more than once in a run."""
    where = ""
    if text.startswith("-"):
        return _option(text, where)
    _refuse_credentials(text, where)
    spec, *options = _OPTIONS.split(text, maxsplit=1)
    for option in options[0].split() if options else ():
        if not _HASH.fullmatch(option):
            name = option.partition("=")[0]
            raise _refusal(
                f"{name} is not passed on", where, "of a line's options only --hash=<name>:<hex> is", "remove it"
            )
    _refuse_local(spec, where)
    parsed = _parse(spec, where)
    return Line(text if options or parsed is None else str(parsed), where, parsed, hashed=bool(options))


def _option(text: str, where: str) -> Line:
    name = re.split(r"[\s=]", text, maxsplit=1)[0]
    if name in _PASSED_ON:
        return Line(text, where)
    if name in {"-e", "--editable"} or text.startswith("-e"):
        raise _refusal(
            "an editable install is on this machine only",
            where,
            "the serving environment is built elsewhere, from the package index",
            "copy the code into the agent's directory, or require a published version",
        )
    if name in _INDEX:
        raise _refusal(
            f"{name} is not passed on",
            where,
            "which index serves packages is the workspace's to say; an address here may hold credentials too",
            "remove the line; have the packages where the workspace finds them, or copy their code",
        )
    raise _refusal(f"the option {name} is not known here", where, "", f"known: -r, -c, --hash, {', '.join(_PASSED_ON)}")


def _parse(spec: str, where: str) -> Requirement | None:
    if re.match(r"[a-z+]+://", spec):
        return None
    try:
        parsed = Requirement(spec)
    except InvalidRequirement as error:
        why = str(error).splitlines()[0]
        raise _refusal(f"this is not a requirement: {spec}", where, why, "for example: langgraph==1.0.3") from error
    if parsed.url:
        _refuse_local(parsed.url, where)
    return parsed


def _refuse_local(spec: str, where: str) -> None:
    if spec.startswith((".", "/", "~", "file:")) or ("://" not in spec and spec.lower().endswith(_ARCHIVES)):
        raise _refusal(
            "a local path is on this machine only",
            where,
            "the serving environment is built elsewhere, from the package index",
            "copy the code into the agent's directory, or require a published version",
        )


def _refuse_credentials(text: str, where: str) -> None:
    if ("://" in text or "${" in text) and _CREDENTIALS.search(text):
        raise _refusal(
            "this address holds credentials",
            where,
            "whoever may read the model may read its requirements",
            "require the package from the index, or copy its code into the agent's directory",
        )


def _refusal(what: str, where: str, why: str = "", fix: str = "") -> AgentCodeError:
    return AgentCodeError(what, where=where, why=why, fix=fix)


def _served_on(python: str) -> dict[str, str]:
    """The environment that markers are evaluated in: where the agent runs, never where it is deployed from."""
    full = python if python.count(".") == 2 else f"{python}.99"  # `3.11` is served with its newest patch
    return {
        "implementation_name": "cpython",
        "implementation_version": full,
        "os_name": "posix",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": full,
        "python_version": ".".join(python.split(".")[:2]),
        "sys_platform": "linux",
        "extra": "",
    }
