"""``heedful alerts``: what people are told and where; a test message; what history would have raised."""

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from schemas.jsonl import to_iso, to_json
from schemas.outputs import Alert
from schemas.words import Millis
from streams.cli.contacts import printable
from streams.cli.options import Config, moment, settings_from
from streams.errors import FixConfiguration, Unavailable
from streams.rules.alerts.settings import AlertRule, EachAbandonment, EachContact, Measured, StuckTask
from streams.settings import Settings

app = typer.Typer(
    help="List alerts, try one, or see what history would have raised.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

NOT_DELIVERED = 1
"""Exit code if a target did not take the test message."""

Run = Annotated[
    Path | None, typer.Option("--run", metavar="FOLDER", help="Of this run of `demo` or `import --run`.")
]
Json = Annotated[bool, typer.Option("--json", help="One object a line.")]


@app.callback()
def _about() -> None:
    """List alerts, try one, or see what history would have raised."""


@app.command("list")
def list_(as_json: Json = False, config: Config = None) -> None:
    """List the alerts of the settings: what each watches, and whom it tells. Addresses are never shown."""
    settings = settings_from(config)
    for rule in settings.alerts:
        if as_json:
            print(json.dumps(rule.model_dump(mode="json", exclude_none=True)))
        else:
            print(f"{rule.name}: {described(rule)}; tells {', '.join(rule.to) or 'nobody'}{_quiet(rule)}")
    if not settings.alerts and not as_json:
        print("There are no alerts: write a table [[alerts]] in heedful.toml.")


@app.command("test")
def try_(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `heedful alerts list` shows it.")],
    config: Config = None,
) -> None:
    """Send a test message, marked as such, to every target of an alert, and say what each answered.

    Nothing is written to topics. Exits with 1 unless all of them took it.
    """
    settings = settings_from(config)
    rule = next((rule for rule in settings.alerts if rule.name == name), None)
    if rule is None:
        raise FixConfiguration(f"there is no alert {name!r}; `heedful alerts list` lists them")
    if not rule.to:
        raise FixConfiguration(f"alert {name!r} tells nobody: write to = [...], names of [alerting.targets]")
    answers = asyncio.run(_tested(settings, rule))
    for target, failure in answers.items():
        print(f"{target}: {f'failed, {failure}' if failure else 'took it'}")
    raise typer.Exit(NOT_DELIVERED if any(answers.values()) else 0)


@app.command()
def replay(
    from_: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="Begin, UTC; default: the first event.")
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="TIME", help="End, UTC; default: the last event.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Only this alert.")] = None,
    as_json: Json = False,
    url: Annotated[str | None, typer.Option("--url", help="Ask this ClickHouse.")] = None,
    run: Run = None,
    config: Config = None,
) -> None:
    """Evaluate the alerts over what has landed, and print what would have been raised and resolved.

    Nobody is told. Alerts about delays of landing (lag) have no meaning in history and are left out.
    """
    from streams.alerts.history import told
    from streams.rows import asking

    settings = settings_from(config)
    rules = [rule for rule in settings.alerts if name in (None, rule.name)]
    if not rules:
        raise FixConfiguration(f"there is no alert {name or 'in the settings'}")
    since, until = moment(from_), moment(to)
    count = 0
    with asking(settings, url, run) as client:
        for alert in told(client, rules, since, until):
            count += 1
            print(msgspec.json.encode(to_json(alert)).decode() if as_json else _line(alert))
    if not as_json:
        print(f"{count} notices")


def described(rule: AlertRule) -> str:
    """What a rule watches, in words."""
    match rule:
        case EachAbandonment(above=above):
            return "each abandonment above " + ", ".join(f"{value} {unit}" for unit, value in above.items())
        case EachContact(on=on):
            return f"each contact {' or '.join(on)}"
        case Measured():
            return f"{rule.kind} over {_span(rule.window)}, every {_span(rule.every)}, {_range(rule)}"
        case StuckTask():
            return f"each task that doesn't get on for {_span(rule.after)}, held for {_span(rule.held_after)}"
    raise AssertionError(rule)


def _range(rule: Measured) -> str:
    if rule.usual:
        return f"against {rule.usual.weeks} weeks, {rule.usual.deviations:g} deviations"
    limits = (("below", rule.below), ("above", rule.above))
    return " or ".join(f"{word} {limit:g}" for word, limit in limits if limit is not None)


def _span(length: Millis) -> str:
    sizes = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s"))
    return next((f"{length // size}{unit}" for size, unit in sizes if length % size == 0), f"{length}ms")


def _quiet(rule: AlertRule) -> str:
    if rule.quiet is None:
        return ""
    times = rule.quiet.model_dump(mode="json")
    return f"; quiet {times['start']} to {times['end']} {times['time_zone']}"


async def _tested(settings: Settings, rule: AlertRule) -> dict[str, str | None]:
    """By target, why it failed; None if it took the message."""
    from streams.edges.delivery import target_of

    now = settings.clock.clock().now()
    answers: dict[str, str | None] = {}
    for name in rule.to:
        try:
            await target_of(name, settings.alerting.targets[name]).send(_message(rule, now), now)
            answers[name] = None
        except Unavailable as failure:
            answers[name] = str(failure)
    return answers


def _message(rule: AlertRule, now: Millis) -> Any:
    from schemas.ids import derive
    from streams.rules.alerts.notices import Message

    said: dict[str, Any] = {
        **{name: derive("test", rule.name, now, name) for name in ("event_id", "alert_id")},
        **dict.fromkeys(("occurred_at", "processed_at", "window_from", "window_until"), now),
        "kind": rule.kind,
        "state": "raised",
        "subject": "test",
        "unit": "events",
        "link": rule.link,
    }
    alert = Alert(name=rule.name, title=rule.name, **said)
    return Message(derive("test", rule.name, now), (alert,), test=True)


def _line(alert: Alert) -> str:
    at = to_iso(alert.occurred_at)[:16].replace("T", " ")
    because = f"; {alert.cause}" if alert.cause else ""
    return printable(f"{at}  {alert.state:8}  {alert.title}{because}")
