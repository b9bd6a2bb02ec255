"""``heedful worker``: the roles, all of them supervised, or one in the foreground."""

from enum import StrEnum
from typing import Annotated

import typer

from streams.addresses import Address
from streams.cli.options import Bootstrap, Config, Prefix, settings_from
from streams.roles import Role
from streams.settings import Settings

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


class RoleOption(StrEnum):
    """The roles, as the command line has them."""

    visits = "visits"
    care = "care"
    landing = "landing"
    edges = "edges"


class LogOption(StrEnum):
    """How lines of log are written."""

    text = "text"
    json = "json"


@app.command()
def worker(
    role: Annotated[RoleOption | None, typer.Option(help="Run this one, in the foreground.")] = None,
    log: Annotated[
        LogOption | None, typer.Option(help="Lines of log for people, or one JSON object each.")
    ] = None,
    prepared: Annotated[bool, typer.Option("--prepared", hidden=True)] = False,
    config: Config = None,
    prefix: Prefix = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Run heedful until Ctrl-C or SIGTERM.

    Without --role, all roles run as processes of their own; one that dies is started again. Start more
    workers, also on other machines, to share the partitions among them.
    """
    settings = settings_from(config, prefix, bootstrap)
    if log is not None:
        settings = settings.but(log=log.value)
    if not prepared:
        from streams.preparing import prepare

        prepare(settings)
    if role is None:
        _supervise(settings)
    else:
        from streams.worker import run

        run(settings, role.value)


def _supervise(settings: Settings) -> None:
    import logging

    from streams.logs import log_to_stderr
    from streams.supervisor import Supervisor, stopping_on_signals

    if settings.log == "json":
        log_to_stderr("json", "worker")
    else:
        logging.basicConfig(level=logging.INFO, format="%(message)s")
    supervisor = Supervisor(settings)
    print(
        f"broker   {settings.kafka.bootstrap}, topics {settings.prefix}.*, deployment {settings.deployment}"
    )
    print(f"logs     {settings.data_dir.absolute() / 'logs'}", flush=True)
    with stopping_on_signals() as stop:
        supervisor.run(stop, _tell)


def _tell(role: Role, at: Address) -> None:
    print(f"{role:8} {at.url}/status", flush=True)
    if role == "edges":
        print(f"{'page':8} {at.url}/", flush=True)
