"""The command line. A command's module is imported when the command is called, so that help is fast.

Each module ``streams.cli.<name>`` has an ``app``, a Typer of one command or of several.
"""

import importlib
import re
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import Annotated, Any, NamedTuple

import typer
from rich.markup import escape


class Command(NamedTuple):
    """Where a command is, and what the list of commands says of it."""

    module: str
    help: str


COMMANDS = {
    "demo": Command("demo", "Show everything at work: embedded broker, all roles, a simulated shop."),
    "worker": Command("worker", "Run heedful: all roles, supervised, or one role in the foreground."),
    "simulate": Command("simulate", "Publish the events of simulated shoppers and a simulated help desk."),
    "import": Command("import_", "Publish the events of files as history, under a hold."),
    "replay": Command("replay", "Run the rules over files in this process, without a broker."),
    "rules": Command("rules", "See which rules hold when; compare others, and try them over the log."),
    "topics": Command("topics", "Create, list and describe topics; let a prefix go live."),
    "schemas": Command("schemas", "Check, register and show the contracts."),
    "contacts": Command("contacts", "See which customers wait for an answer, and what is due next."),
    "alerts": Command("alerts", "List alerts, try one, or see what history would have raised."),
    "vectors": Command("vectors", "Run conformance vectors of help desk clocks against the rules."),
    "sql": Command("sql", "Ask ClickHouse."),
    "report": Command("report", "Report on yesterday: sales, abandonment, recovery, who waits."),
    "audit": Command("audit", "Compare what landing claimed with the rows in ClickHouse."),
    "doctor": Command(
        "doctor", "Say what is wrong with broker, topics, ClickHouse, sources; and what to do."
    ),
    "dead-letters": Command("dead_letters", "List and show the records that could not be read or obeyed."),
}

MUST_BE_PUT_RIGHT = 2
"""Exit code when the message says what to do first. 1: it failed. 130: Ctrl-C."""

INTERRUPTED = 130
"""Exit code after Ctrl-C, also while a command is still being loaded."""

SINGLE_BREAK = re.compile(r"(?<!\n)\n(?!\n)")

cli = typer.Typer(name="heedful", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what the command line says; ends with SystemExit."""
    _say_what_can_be_said()
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words and words[0] in COMMANDS:
        _call(words[0], words[1:])
    command = typer.main.get_command(cli)
    _reflow(command)
    command.main(args=words, prog_name="heedful")


def _call(name: str, arguments: Sequence[str]) -> None:
    from schemas.errors import ContractError
    from sinks.errors import SinkError
    from streams.errors import HeedfulError

    try:
        module = importlib.import_module(f"streams.cli.{COMMANDS[name].module}")
        command = typer.main.get_command(module.app)
        _reflow(command)
        command.main(args=list(arguments), prog_name=f"heedful {name}")
    except (HeedfulError, ContractError, SinkError) as error:
        print(f"heedful: {error}", file=sys.stderr)
        sys.exit(MUST_BE_PUT_RIGHT)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _say_what_can_be_said() -> None:
    """A terminal that lacks a letter gets a question mark for it, and not a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def _reflow(command: Any) -> None:
    """Docstrings are broken at the width of the source; help is broken at that of the terminal.

    Brackets in them are brackets, and no markup.
    """
    command.help = command.help and escape(SINGLE_BREAK.sub(" ", command.help))
    for subcommand in getattr(command, "commands", {}).values():
        _reflow(subcommand)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"heedful {version('heedful')}")
        raise typer.Exit


@cli.callback()
def _about(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Notice the customer who is about to be lost, while there is still time to do something about it.

    Settings come from heedful.toml in the working folder (or --config FILE) and from variables such as
    HEEDFUL_KAFKA__BOOTSTRAP. `heedful COMMAND --help` explains a command; `heedful demo` shows them at work.
    """


def _listed(name: str, command: Command) -> None:
    """Stands in the list of commands; ``main`` calls the real one."""
    cli.command(name, help=command.help)(lambda: None)


for _name, _command in COMMANDS.items():
    _listed(_name, _command)
