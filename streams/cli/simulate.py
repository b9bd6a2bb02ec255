"""``heedful simulate``: the events of shoppers and of a help desk, in the pace of the settings' clock."""

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.options import Bootstrap, Config, Prefix, settings_from
from streams.errors import FixConfiguration
from streams.rules.durations import duration
from streams.simulator.process import Simulation, simulate
from streams.simulator.settings import traffic
from streams.supervisor import stopping_on_signals
from streams.wiring import kernel_config, registry_of

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    rate: Annotated[float, typer.Option(help="Events a second of people's time.")] = 250.0,
    seed: Annotated[int, typer.Option(help="The same seed makes the same world.")] = 1,
    history: Annotated[
        str, typer.Option(help="How far back the world begins; that much is published at once.")
    ] = "0s",
    status: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write how far it is, as JSON.")
    ] = None,
    config: Config = None,
    prefix: Prefix = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Publish the events of simulated shoppers and a simulated help desk until Ctrl-C.

    They visit, fill carts, walk away, buy, ask and are answered or not; some of what they do arrives late,
    twice, out of order, or can't be read. A simulated delivery service sends what heedful asks for.
    """
    settings = settings_from(config, prefix, bootstrap)
    clock = settings.clock
    simulation = Simulation(
        traffic(rate, clock.speed if clock.kind == "simulated" else 1.0), seed, _length(history), status
    )
    with stopping_on_signals() as stop:
        published = simulate(
            simulation, kernel_config(settings), registry_of(settings.registry), clock.clock(), stop
        )
    for topic, events in sorted(published.items()):
        typer.echo(f"{settings.prefix}.{topic}: {events} events")


def _length(text: str) -> int:
    try:
        return duration(text)
    except ValueError as error:
        raise FixConfiguration(f"--history: {error}") from None
