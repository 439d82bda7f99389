"""`agentry config`: a stack's settings and secrets."""

from __future__ import annotations

import dataclasses
import sys
from typing import Annotated, Any, Literal

import typer

from agentry.cli.app import new
from agentry.cli.configured import Configured, configured, document_of, masked
from agentry.cli.console import say, show_json, table
from agentry.cli.options import LOCAL, NO, AsJson, OnSandbox, StackName
from agentry.engine import stack_files
from agentry.engine.paths import MISSING
from agentry.engine.project import has_ciphertext, refuse_undeclared
from agentry.engine.settings import as_text
from agentry.engine.stack_files import Key, read_key
from agentry.errors import ConfigError

app = new()

KeyName = Annotated[
    str, typer.Argument(metavar="KEY", help="catalog, agentry:profile; without a namespace it is the project's.")
]
InPath = Annotated[bool, typer.Option("--path", help="KEY names a place inside a value: models[0].name.")]
ShowSecrets = Annotated[bool, typer.Option("--show-secrets", help="Show secrets in clear.")]
Kind = Literal["string", "bool", "int", "float"]


@app.callback(invoke_without_command=True)
def config(
    context: typer.Context,
    *,
    stack: StackName = LOCAL,
    sandbox: OnSandbox = NO,
    show_secrets: ShowSecrets = NO,
    as_json: AsJson = NO,
) -> None:
    """Show and change a stack's settings and secrets, in stacks/Pulumi.<stack>.yaml.

    Without a command it lists them. Comments, order and all else in the file stay as they are.
    """
    if context.invoked_subcommand is None:
        show_list(configured(stack, on_sandbox=sandbox), show_secrets=show_secrets, as_json=as_json)
    elif stack != LOCAL or sandbox or show_secrets or as_json:
        raise typer.BadParameter(f"options come after `{context.invoked_subcommand}`")


@app.command("ls")
def list_(
    *, stack: StackName = LOCAL, sandbox: OnSandbox = NO, show_secrets: ShowSecrets = NO, as_json: AsJson = NO
) -> None:
    """List what is in force. Secrets are masked; what the stack does not say is the project's default."""
    show_list(configured(stack, on_sandbox=sandbox), show_secrets=show_secrets, as_json=as_json)


@app.command()
def get(
    key: KeyName, *, stack: StackName = LOCAL, sandbox: OnSandbox = NO, path: InPath = NO, as_json: AsJson = NO
) -> None:
    """Print one value; a secret in clear. As with Pulumi, whoever asks for it by name wants it."""
    configuration = configured(stack, on_sandbox=sandbox)
    wanted = read_key(configuration.project.name, key, path=path)
    value = configuration.find(wanted)
    if value is MISSING:
        # One that can not be set either is said to be unknown.
        unset = dataclasses.replace(configuration.file, values={wanted.whole: ""})
        refuse_undeclared(configuration.project, unset)
        raise ConfigError(
            f"{wanted} is not set in stack {stack}",
            where=configuration.file.where(wanted.whole),
            fix=f"agentry config set {key} VALUE --stack {stack}",
        )
    if as_json:
        show_json(_entry(configuration, value, show_secrets=True))
    else:
        say(as_text(configuration.in_clear(value)))


@app.command("set")
def set_(
    key: KeyName,
    value: Annotated[str | None, typer.Argument(metavar="[VALUE]", help="Else from stdin, or asked for.")] = None,
    *,
    stack: StackName = LOCAL,
    sandbox: OnSandbox = NO,
    secret: Annotated[bool, typer.Option("--secret", help="Encrypt it.")] = NO,
    plaintext: Annotated[bool, typer.Option("--plaintext", help="Do not, although it was a secret so far.")] = NO,
    path: InPath = NO,
    kind: Annotated[
        Kind | None, typer.Option("--type", help="Write the value as this type; by default a text.")
    ] = None,
) -> None:
    """Set one value. Inside a value (--path), true, false and whole numbers are written as such.

    A secret that is piped in or typed at the prompt is in no shell history: agentry config set --secret KEY
    """
    if sandbox:
        raise _read_only(stack)
    configuration = configured(stack)
    wanted = read_key(configuration.project.name, key, path=path)
    if has_ciphertext(_or_none(configuration.find(wanted))) and not (secret or plaintext):
        raise ConfigError(
            f"{wanted} is a secret so far",
            where=configuration.file.where(wanted.whole),
            fix=f"agentry config set --secret {key} --stack {stack}; or with --plaintext, to have it in clear",
        )
    text = value if value is not None else read_value(str(wanted), hidden=secret)
    change(configuration, wanted, text, secret=secret, kind=kind)


def change(configuration: Configured, key: Key, text: str, *, secret: bool = False, kind: Kind | None = None) -> None:
    """Write one value into the stack's file.

    Raises:
        ConfigError: An unknown key, a value of another type, or a file that can not be changed from here.
    """
    plain: Any = text if secret else typed(text, kind, inside=bool(key.path))
    # What is wrong with it is said before anybody is asked for a passphrase.
    configuration.check(key, _content(configuration, key, plain), hidden=secret)
    item = {"secure": configuration.secrets.encrypt(text)} if secret else plain
    stack_files.save(document_of(configuration), _content(configuration, key, item))


def _content(configuration: Configured, key: Key, item: Any) -> dict[str, Any]:
    return stack_files.with_value(document_of(configuration), configuration.project.name, key, item)


@app.command()
def rm(key: KeyName, *, stack: StackName = LOCAL, sandbox: OnSandbox = NO, path: InPath = NO) -> None:
    """Take one value out of the stack's file. The project's default, if there is one, is in force then."""
    if sandbox:
        raise _read_only(stack)
    configuration = configured(stack)
    wanted = read_key(configuration.project.name, key, path=path)
    document = document_of(configuration)
    content = stack_files.without(document, configuration.project.name, wanted)
    if content is None:
        say(f"{wanted} was not set in stack {stack}", sys.stderr)
        return
    stack_files.save(document, content)


def _read_only(stack: str) -> ConfigError:
    return ConfigError(
        f"with --sandbox the file of stack {stack} is not written",
        why="on a sandbox a stack has the settings of stack local",
        fix="set it there: --stack local; or in the stack's own file: without --sandbox",
    )


def read_value(name: str, *, hidden: bool) -> str:
    """A value from stdin, without the line breaks at its end; or typed at a prompt, a secret without an echo.

    Raises:
        ConfigError: It is empty.
    """
    if sys.stdin.isatty():
        typed: str = typer.prompt(f"{name}", hide_input=hidden, err=True)
        return typed
    text = sys.stdin.read().rstrip("\r\n")
    if not text:
        raise ConfigError(f"there is no value for {name}", fix="give it as an argument, or pipe it in")
    return text


def typed(text: str, kind: Kind | None, *, inside: bool) -> Any:
    """A value as the file has it.

    Args:
        text: As it was typed.
        kind: What it is meant to be; None to leave a text as it is.
        inside: Whether it is inside of another value: there `true`, `false` and whole numbers are no texts.

    Raises:
        ConfigError: It is not of that kind.
    """
    if kind is None:
        kind = _guessed(text) if inside else "string"
    try:
        if kind == "bool":
            return {"true": True, "false": False}[text]
        return {"string": str, "int": int, "float": float}[kind](text)
    except (ValueError, KeyError) as error:
        raise ConfigError(f"{text!r} is no {kind}") from error


def _guessed(text: str) -> Kind:
    if text in ("true", "false"):
        return "bool"
    # Go's ParseInt and back: 007 and +1 stay texts, as with the Pulumi CLI.
    digits = text.removeprefix("-")
    return "int" if digits.isdecimal() and digits.isascii() and str(int(text)) == text else "string"


def show_list(configuration: Configured, *, show_secrets: bool, as_json: bool) -> None:
    """Print all that is in force, by key; the project's own keys first and without their namespace."""
    values = configuration.values
    prefix = f"{configuration.project.name}:"
    if as_json:
        show_json({key: _entry(configuration, values[key], show_secrets=show_secrets) for key in sorted(values)})
        return
    if not values:
        say(f"nothing is set in stack {configuration.file.name}")
        return
    seen = configuration.in_clear if show_secrets else masked
    own = sorted(values, key=lambda key: (not key.startswith(prefix), key))
    rows = [[key.removeprefix(prefix), as_text(seen(values[key])).replace("\n", "\\n")] for key in own]
    for line in table([["KEY", "VALUE"], *rows]):
        say(line)


def _entry(configuration: Configured, value: Any, *, show_secrets: bool) -> dict[str, Any]:
    """A value as `pulumi config --json` shows it."""
    hidden = has_ciphertext(value)
    if hidden and not show_secrets:
        return {"secret": True}
    plain = configuration.in_clear(value)
    structure = {"objectValue": plain} if isinstance(plain, (dict, list)) else {}
    return {"value": as_text(plain), **structure, "secret": hidden}


def _or_none(value: Any) -> Any:
    return None if value is MISSING else value
