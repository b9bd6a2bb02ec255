"""``heedful demo``: everything at work on this machine, measured against the truth."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from streams.cli.options import Config, settings_from, writable
from streams.demo.folder import DemoOptions
from streams.demo.run import Demo, show
from streams.simulator.settings import MOST_EVENTS_A_SECOND
from streams.supervisor import stopping_on_signals

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def demo(
    seconds: Annotated[float | None, typer.Option(min=1, help="How long; default: until Ctrl-C.")] = None,
    headless: Annotated[bool, typer.Option("--headless", help="No running line.")] = False,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="Where to write the report.")] = None,
    speed: Annotated[float, typer.Option(min=1, help="Simulated seconds a second.")] = 600.0,
    partitions: Annotated[int, typer.Option(min=1, max=64, help="Of each topic.")] = 2,
    seed: Annotated[int, typer.Option(help="The same seed makes the same shoppers.")] = 1,
    rate: Annotated[
        float,
        typer.Option(
            min=1,
            max=MOST_EVENTS_A_SECOND,
            help="Events a second. The embedded broker keeps all of them in memory: mind how long.",
        ),
    ] = 250.0,
    config: Config = None,
) -> None:
    """Show heedful at work: broker, simulated shop, both kernels, landing, edges.

    Needs nothing but this installation. In the end everything that was signalled is compared with what truly
    happened, computed from the whole log by other code than the rules'.
    """
    options = DemoOptions(seconds, headless, report, speed, partitions, seed, rate)
    console = Console()
    if report:
        writable(report)
    with stopping_on_signals() as stop:
        found = Demo(settings_from(config), options, console).run(stop)
    show(console, found)
    if report:
        found.write(report)
    if not found.flawless:
        raise typer.Exit(1)
