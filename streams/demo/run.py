"""The demo, from nothing to the report."""

import time
from collections.abc import Callable
from threading import Event
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.text import Text

from schemas.topics import TOPICS
from schemas.words import Millis
from streams.broker import EmbeddedBroker, embedded_broker
from streams.demo.folder import DemoOptions, demo_settings
from streams.demo.line import RunningLine
from streams.demo.log import Log, read_log
from streams.demo.positions import read_by_kernels
from streams.demo.report import Report, approaches, buried, latency, per_topic, summary, verdicts
from streams.demo.stage import KERNELS, Stage, Status
from streams.demo.truth import Thresholds
from streams.rules.settings import RuleSet
from streams.running import run_folder
from streams.settings import Settings
from streams.wiring import codec_of

HOUR: Millis = 3_600_000
TURN = 0.1
MEMORY = "30 MiB"
"""What the broker's memory grows by, a minute, at the default rate."""
REFRESHES_A_SECOND = 4


class Demo:
    """One run."""

    def __init__(self, base: Settings, options: DemoOptions, console: Console) -> None:
        self._options = options
        self._console = console
        self._began = self._live = time.monotonic()
        self._base = base
        self._folder = run_folder(base.data_dir)

    def run(self, stop: Event, meanwhile: Callable[[Stage], None] | None = None) -> Report:
        """Run until ``stop`` is set, or for the seconds asked for; return what came of it.

        ``meanwhile`` is called all the time that it is live, with what runs: for whoever wants to interfere.
        """
        (self._folder / "logs").mkdir()
        with embedded_broker(self._folder / "logs" / "broker.log") as broker:
            settings = demo_settings(self._base, self._options, self._folder, broker.bootstrap)
            return self._on(broker, settings, stop, meanwhile or (lambda stage: None))

    def _on(
        self, broker: EmbeddedBroker, settings: Settings, stop: Event, meanwhile: Callable[[Stage], None]
    ) -> Report:
        stage = Stage(settings, self._options, broker)
        stage.interrupted = stop.is_set
        try:
            self._start(stage, broker)
            before = _published(stage)
            self._show(stage, stop, meanwhile)
            stage.interrupted = lambda: False
            seconds = time.monotonic() - self._live
            events = _published(stage) - before
            self._say("stopping: the simulator first, then the roles, once they are through with it")
            stage.stop_simulator()
            caught_up = stage.catch_up()
            kernels: dict[str, Status] = {role: stage.status(role) for role in KERNELS}
            stage.tend()
            stage.stop_kernels()
            self._say("comparing with the truth")
            return self._report(stage, seconds, events / seconds, caught_up, kernels)
        finally:
            stage.close()

    def _start(self, stage: Stage, broker: EmbeddedBroker) -> None:
        self._say(f"broker on {broker.bootstrap}, everything in its memory: about {MEMORY} a minute")
        stage.prepare()
        stage.start_simulator()
        self._say(f"two hours of history: {_published(stage):,} events")
        stage.start_roles()
        self._live = time.monotonic()
        self._say(f"visits, care, landing and edges are at work; data in {stage.settings.data_dir}")
        if not self._options.headless:
            self._say(f"look for yourself: {stage.page}")
        self._say('ask for yourself: heedful sql "SELECT * FROM v_abandonment LIMIT 10"')

    def _show(self, stage: Stage, stop: Event, meanwhile: Callable[[Stage], None]) -> None:
        """The running line, until it is time to stop."""
        line = RunningLine(stage)
        with Live(console=self._console, auto_refresh=False, transient=True) as live:
            shown = 0.0
            while not stop.is_set() and not self._is_time():
                stage.tend()
                meanwhile(stage)
                now = time.monotonic()
                if not self._options.headless and now - shown > 1 / REFRESHES_A_SECOND:
                    shown = now
                    live.update(_on_one_line(str(line)), refresh=True)
                stop.wait(TURN)

    def _is_time(self) -> bool:
        seconds = self._options.seconds
        return seconds is not None and time.monotonic() - self._live >= seconds

    def _report(
        self, stage: Stage, seconds: float, rate: float, caught_up: bool, kernels: dict[str, Status]
    ) -> Report:
        settings = stage.settings
        log = read_log(settings, codec_of(settings), TOPICS)
        abandonments, unanswered = verdicts(log, thresholds(settings), int(kernels["care"]["durable"]))
        first = stage.observer.first_signal
        return Report(
            seconds=round(seconds, 1),
            simulated_hours=round(seconds * self._options.speed * 1000 / HOUR, 1),
            events=_published(stage),
            events_per_second=round(rate, 1),
            first_signal_after_seconds=None if first is None else round(first - self._began, 1),
            caught_up=caught_up,
            topics=_topics(stage, log),
            abandonments=abandonments,
            unanswered=unanswered,
            outreach=approaches(log),
            dead_letters=buried(log),
            latency=latency(stage.observer.latencies(self._live)),
            peak_memory_mib=stage.memory.mebibytes,
            restarts={role: child.starts - 1 for role, child in stage.supervisor.children.items()},
            kernels=kernels,
            folder=str(settings.data_dir),
        )

    def _say(self, text: str) -> None:
        passed = time.monotonic() - self._began
        self._console.print(f"[dim]{passed:5.1f} s[/]  {text}", highlight=False, soft_wrap=True)


def thresholds(settings: Settings) -> Thresholds:
    """What the rules of this run say, for the truth."""
    rules = RuleSet.from_mapping(settings.decisions())
    left = rules.abandonment
    return Thresholds(
        {"cart": left.cart.after, "checkout": left.checkout.after, "payment": left.payment.after},
        left.max_age,
        rules.contacts.first_reply.target,
    )


def _topics(stage: Stage, log: Log) -> dict[str, Any]:
    """By the simulator, or by heedful itself; heartbeats and clocks are not events."""
    settings = stage.settings
    sound = {label: log.count(label, "event", "tombstone") for label in log.topics}
    unreadable = {label: log.count(label, "bad") for label in log.topics}
    landed = stage.landed(lambda rows: all(rows.get(label, 0) == count for label, count in sound.items()))
    return per_topic(sound, unreadable, read_by_kernels(settings, log), landed)


def _on_one_line(markup: str) -> Text:
    text = Text.from_markup(markup)
    text.no_wrap, text.overflow = True, "ellipsis"
    return text


def _published(stage: Stage) -> int:
    return sum(stage.simulated()["published"].values())


def show(console: Console, report: Report) -> None:
    """The summary, for people."""
    console.print()
    for name, value in summary(report):
        console.print(f"[bold]{name:20}[/] {value}", highlight=False, soft_wrap=True)
