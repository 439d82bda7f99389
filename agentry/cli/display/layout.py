"""A View as lines: the tree of resources, what changes in each, why one failed, outputs, and the summary.

A line is a tuple of pieces, each a text with a style; plain text and a terminal's colours both come from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from agentry.cli.display.view import STACK_TYPE, Row, State, View
from agentry.cli.display.words import (
    FAILED,
    HIDDEN,
    OPS,
    SECRET,
    UNKNOWN,
    OpWords,
    counted,
    label_of,
    seconds_of,
    split_urn,
    value_of,
)
from agentry.engine.events import Difference, Message, Op, Operation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet

INDENT = "  "
WIDEST_LABEL = 64
WORD = 9
PARTIAL = "it exists and is recorded; the next `agentry up` goes on with it"


class Piece(NamedTuple):
    """A text and its style, in rich's words; empty for none."""

    text: str
    style: str = ""


Line = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Options:
    """How much of it is shown.

    Args:
        everything: All resources and all properties, also those that stay (`--diff`).
        active: Only what runs or failed, for a tree that is higher than the terminal.
        running: It is not over: what runs shows how long it has been running.
        now: The time, for that.
        frame: What stands before a resource that is worked on, where something moves.
    """

    everything: bool = False
    active: bool = False
    running: bool = False
    now: float = 0.0
    frame: str = ""


def plain(line: Line) -> str:
    """The line without styles."""
    return "".join(piece.text for piece in line).rstrip()


def text_of(lines: Iterable[Line]) -> str:
    """Lines as plain text."""
    return "".join(f"{plain(line)}\n" for line in lines)


def tree(view: View, options: Options) -> list[Line]:
    """The resources below their parents."""
    shown = {row.urn: row for row in view.shown_rows()}
    children: dict[str, list[Row]] = {}
    for row in shown.values():
        children.setdefault(row.parent if row.parent in shown else "", []).append(row)
    placed = list(_place(children, "", 1, options))
    width = min(max((len(_label(row, depth)) for row, depth, _ in placed), default=0), WIDEST_LABEL)
    lines: list[Line] = [(Piece(view.stack, "bold"),)] if placed else []
    said: set[str] = set()
    for row, depth, hidden in placed:
        lines.append(_row(row, depth, width, hidden, view, options))
        if options.running and row.note:
            lines.append((Piece(f"{INDENT * (depth + 2)}{row.note}", "dim"),))
        if not options.running:
            lines += _below(row, depth + 1, options, said)
            said.update(row.reasons)
    return lines


def _place(children: dict[str, list[Row]], parent: str, depth: int, options: Options) -> Iterator[tuple[Row, int, int]]:
    """Each row that is seen, how deep it stands, and how many unchanged ones below it are not."""
    for row in children.get(parent, []):
        below = list(_place(children, row.urn, depth + 1, options))
        size = len(list(_descendants(children, row.urn)))
        if _seen(row, options) or below or (depth == 1 and size and not options.active):
            yield row, depth, 0 if below else size
            yield from below


def _descendants(children: dict[str, list[Row]], parent: str) -> Iterator[Row]:
    for row in children.get(parent, []):
        yield row
        yield from _descendants(children, row.urn)


def _seen(row: Row, options: Options) -> bool:
    if options.active:
        return row.custom and row.state is not State.DONE and not (row.quiet and row.op is Op.SAME)
    return options.everything or not row.quiet


def _words(row: Row, view: View) -> OpWords:
    if row.state is State.FAILED:
        return FAILED
    # A preview plans steps and does none: they never end.
    happens = row.state is State.RUNNING and view.operation is not Operation.PREVIEW
    return OPS[row.step if happens else row.op]


def _label(row: Row, depth: int) -> str:
    return f"{INDENT * depth}  {label_of(row.urn)}"


def _row(row: Row, depth: int, width: int, hidden: int, view: View, options: Options) -> Line:
    words = _words(row, view)
    working = options.running and row.state is State.RUNNING and row.custom
    icon = options.frame if working and options.frame else words.icon
    label = _label(row, depth)[len(INDENT) * depth + 2 :]
    line = [Piece(INDENT * depth), Piece(icon, words.style), Piece(f" {label}")]
    line.append(Piece(" " * max(width - len(INDENT) * depth - len(label), 2)))
    if hidden:
        return (*line, Piece(f"{counted(hidden, 'resource')} unchanged", "dim"))
    line += _state(row, words, view, options)
    return tuple(line)


def _state(row: Row, words: OpWords, view: View, options: Options) -> Iterator[Piece]:
    """What is done with it, and for how long."""
    if not row.custom and row.state is not State.FAILED and view.operation is not Operation.PREVIEW:
        return
    if view.operation is Operation.PREVIEW and row.state is not State.FAILED:
        yield Piece(words.planned if row.custom else "", words.style)
        return
    running = row.state is State.RUNNING
    yield Piece((words.doing if running else words.done).ljust(WORD), words.style)
    seconds = row.seconds + (options.now - row.begun if running else 0.0)
    if row.custom and (running or seconds >= 0.05) and (options.running or not running):
        yield Piece(seconds_of(seconds).rjust(9), "dim")


def _below(row: Row, depth: int, options: Options, said: set[str]) -> Iterator[Line]:
    """What changes in it, and why it failed."""
    margin = Piece(INDENT * (depth + 1))
    yield from ((margin, *pieces) for pieces in properties(row, options))
    yield from ((margin, *pieces) for pieces in reasons(row, said))


def reasons(row: Row, said: AbstractSet[str]) -> Iterator[Line]:
    """Why a resource failed, in lines; what was `said` of another one already is not said again."""
    for reason in row.reasons:
        first, *rest = reason.splitlines() if reason not in said else ["as above"]
        yield (Piece(first, "dim" if reason in said else "red"),)
        yield from ((Piece(text),) for text in rest)
    if row.partial:
        yield (Piece(PARTIAL, "dim"),)


def properties(row: Row, options: Options) -> Iterator[Line]:
    """What changes in a resource, and with `everything` what does not."""
    changed = {difference.path for difference in row.differences}
    if options.everything:
        for key, value in sorted(row.inputs.items()):
            if not any(path == key or path.startswith((f"{key}.", f"{key}[")) for path in changed):
                sign = {Op.CREATE: "+ ", Op.DELETE: "- "}.get(row.op, "  ")
                yield (Piece(f"{sign}{key}: {value_of(value, whole=True)}", "dim"),)
    for difference in row.differences:
        yield difference_line(difference, whole=options.everything)


def difference_line(difference: Difference, *, whole: bool = False) -> Line:
    """One property: `~ version: "6" → "7"`."""
    kind, _, replaces = difference.kind.partition("-")
    old, new = value_of(difference.old, whole=whole), value_of(difference.new, whole=whole)
    tail = Piece(" (replaces it)", "magenta") if replaces else Piece("")
    if kind == "add":
        return (Piece("+ ", "green"), Piece(f"{difference.path}: {new}"), tail)
    if kind == "delete":
        return (Piece("- ", "red"), Piece(f"{difference.path}: {old}"), tail)
    if old == new and new not in (SECRET, HIDDEN):
        # Nothing of the program changed: the workspace has something else, and a warning says what.
        return (Piece("~ ", "yellow"), Piece(f"{difference.path}: {new} (the workspace had another)"), tail)
    return (Piece("~ ", "yellow"), Piece(f"{difference.path}: {old} → {new}"), tail)


MESSAGE_STYLES = {"error": "red", "warning": "yellow", "info": ""}


def messages(told: Iterable[Message]) -> list[Line]:
    """What was said beside the steps: warnings, errors, the program's own words."""
    lines: list[Line] = []
    for message in told:
        word = "" if message.severity == "info" else f"{message.severity}: "
        about = "" if is_general(message) else f"{label_of(message.urn)}: "
        first, *rest = message.text.splitlines() or [""]
        lines.append((Piece(word, MESSAGE_STYLES.get(message.severity, "")), Piece(f"{about}{first}")))
        lines += [(Piece(f"{INDENT}{text}"),) for text in rest]
    return lines


def is_general(message: Message) -> bool:
    """Whether a message is about the deployment as a whole and not about one resource."""
    return not message.urn or split_urn(message.urn)[0] == STACK_TYPE


def outputs(values: dict[str, Any]) -> list[Line]:
    """The stack's outputs, a line each."""
    if not values:
        return []
    width = max(map(len, values))
    shown = {key: value if isinstance(value, str) else value_of(value, whole=True) for key, value in values.items()}
    body: list[Line] = [(Piece(f"{INDENT}{key.ljust(width)}  "), Piece(text)) for key, text in sorted(shown.items())]
    return [(Piece("Outputs", "bold"),), *body]


# In this order; what a replacement makes and removes is part of its `replace`.
COUNTED = (Op.CREATE, Op.UPDATE, Op.REPLACE, Op.DELETE, Op.DISCARD, Op.IMPORT, Op.READ, Op.REFRESH, Op.SAME)


def summary(view: View) -> Line:
    """The last line: `+ 7 created  = 3 unchanged  12.3 s`."""
    if view.finished is None:
        return ()
    pieces: list[Piece] = []
    preview = view.operation is Operation.PREVIEW
    # What a preview that failed has counted so far is not what would be done.
    counts = view.finished.changes if view.finished.succeeded or not preview else {}
    for op in COUNTED:
        count = counts.get(op.value, 0)
        if count:
            words = OPS[op]
            what = f"to {words.planned}" if preview and op is not Op.SAME else words.done
            pieces.append(Piece(f"{words.icon} {count} {what}  ", words.style))
    failed = sum(row.state is State.FAILED for row in view.rows.values())
    if failed:
        pieces.append(Piece(f"{FAILED.icon} {failed} failed  ", FAILED.style))
    elif not pieces and not view.finished.succeeded:
        return ()  # it never came to a step, and the error says why
    elif not pieces:
        pieces.append(Piece("nothing to do  ", "dim"))
    return (*pieces, Piece(seconds_of(view.finished.seconds), "dim"))


def ending(view: View, *, general: bool = True) -> list[Line]:
    """Everything below the tree, once it is over.

    Args:
        view: The deployment.
        general: Also what was said about it as a whole, unless that was shown when it was said.
    """
    blocks = [messages(message for message in view.shown_messages() if general or not is_general(message))]
    if view.finished is not None:
        gone = view.operation is Operation.DESTROY or not view.finished.succeeded
        # A preview knows some only by name; that they will be there is no news.
        known = {key: value for key, value in view.finished.outputs.items() if value != UNKNOWN}
        end = summary(view)
        blocks += [outputs({} if gone else known), [end] if end else []]
    lines: list[Line] = []
    for block in blocks:
        lines += [(), *block] if block and lines else block
    return lines
