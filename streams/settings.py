"""The settings of heedful: the only reader of ``heedful.toml`` and of the environment.

    prefix = "cx"                  # of the topics that shops and help desks write
    deployment = "cx"              # of groups, state and all topics but inputs; default: the prefix
    partitions = 4                 # of topics that heedful creates
    replication = 3                # of topics that heedful creates; default: the broker's
    lateness = "10s"               # how much later than others an event may arrive
    commit_interval = "100ms"
    waiting_limit = 4194304        # bytes of records that a task reads ahead of its clock
    stuck_after = "1m"             # a task of a kernel that doesn't get on for so long is stuck
    instance = "worker-0"          # names this worker among all of its deployment; default: none. Started
                                   # anew within the session's time-out, its kernels go on with what they had
    session_timeout = "6s"         # so long after a worker's last word, others have its tasks; with instance
                                   # let it be longer than a restart takes
    heartbeats = "write"           # write | off; exactly one deployment of a topic writes them
    log = "text"                   # text | json: the lines of log of each role
    data_dir = ".heedful"          # logs, addresses, the embedded ClickHouse

    [kafka]
    kind = "kafka"                 # kafka | embedded: aborted transactions stay visible
    bootstrap = "localhost:9092"
    security = "sasl_ssl"          # plaintext | ssl | sasl_plaintext | sasl_ssl
    mechanism = "SCRAM-SHA-512"    # PLAIN | SCRAM-SHA-256 | SCRAM-SHA-512
    username = "heedful"
    password = "…"                 # better: HEEDFUL_KAFKA__PASSWORD
    ca = "ca.pem"                  # and certificate, key, key_password for mutual TLS

    [kernel]
    standbys = 0                   # workers that follow each task's changelog, to take over within seconds

    [registry]                     # without url: the schema files of this package
    url = "https://registry:8081"  # and username, password, ca

    [clickhouse]                   # without url: the embedded engine
    url = "https://clickhouse:8443"
    database = "heedful"
    username = "default"           # and password, ca
    instance = "0"                 # tells landing processes of one deployment apart
    http_port = 0                  # of the embedded engine; 0: a free one

    [clock]                        # simulated time, for demos and tests
    kind = "wall"                  # wall | simulated, then start, origin (milliseconds) and speed

    [web]
    host = "127.0.0.1"
    port = 0                       # of a role's pages; 0: a free one, printed at start. Where one worker runs
                                   # all roles it is the edges'; visits, care, landing have the next three
    token = "…"                    # better: HEEDFUL_WEB__TOKEN; needed where host is not loopback. Pages ask
                                   # for it, as a bearer token or as the password of any user

    [alerting]                     # how alerts reach people; [[alerts]]: streams.rules.alerts.settings
    stale_after = "30m"            # what happened longer ago, as in a backlog or an import, tells nobody
    settle = "2m"                  # so long after its end a window is measured: all of it has landed
    outdated_after = "24h"         # what could not be told for so long is not told any more
    retry = ["1s", "10s", "1m", "5m", "15m"]  # pauses before further tries; then a dead letter
    digest = { most = 10, within = "10m" }    # messages to a target; what is more becomes one message
    [alerting.targets.ops]
    url = "slack://…"              # any address of apprise: github.com/caronc/apprise
    [alerting.targets.pager]
    webhook = "https://…"          # better: HEEDFUL_ALERTING__TARGETS__PAGER__WEBHOOK
    secret = "…"                   # calls are signed with it: streams/alerts/README.md

The tables ``rules``, ``outreach`` and ``calendars`` are read by ``streams.rules.settings``. An environment
variable overrides the file: ``HEEDFUL_PREFIX``, ``HEEDFUL_KAFKA__BOOTSTRAP`` and so on.
"""

import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from schemas.topics import Topic
from streams.errors import FixConfiguration
from streams.located import PREFIX, Told, explained, read
from streams.rules.alerts.settings import AlertRules
from streams.rules.durations import Duration
from streams.rules.settings import RuleSet
from streams.sections import (
    REVEAL,
    AlertingSettings,
    ClickHouseSettings,
    ClockSettings,
    KafkaSettings,
    KernelSettings,
    LogFormat,
    Name,
    RegistrySettings,
    Table,
    WebSettings,
)

DEFAULT_FILE = Path("heedful.toml")
HANDED_OVER = "HEEDFUL_SETTINGS"
"""Environment variable in which a parent hands all of its settings to a child."""

CONFIG = "HEEDFUL_CONFIG"
"""Environment variable that names the file."""


class Settings(Table):
    """All settings, whole and checked. The module says what each means."""

    prefix: Name = "cx"
    deployment: Name = ""
    partitions: Annotated[int, Field(ge=1, le=1_000)] = 4
    replication: Annotated[int, Field(ge=1)] | None = None
    lateness: Duration = 10_000
    commit_interval: Annotated[Duration, Field(ge=10)] = 100
    waiting_limit: Annotated[int, Field(ge=65_536)] = 4 << 20
    stuck_after: Annotated[Duration, Field(ge=10_000)] = 60_000
    instance: Name | None = None
    session_timeout: Annotated[Duration, Field(ge=6_000, le=1_800_000)] = 6_000
    heartbeats: Literal["write", "off"] = "write"
    log: LogFormat = "text"
    data_dir: Path = Path(".heedful")
    kafka: KafkaSettings = KafkaSettings()
    kernel: KernelSettings = KernelSettings()
    registry: RegistrySettings = RegistrySettings()
    clickhouse: ClickHouseSettings = ClickHouseSettings()
    clock: ClockSettings = ClockSettings()
    web: WebSettings = WebSettings()
    alerts: AlertRules = ()
    alerting: AlertingSettings = AlertingSettings()
    rules: dict[str, Any] = Field(default_factory=dict)
    outreach: dict[str, Any] = Field(default_factory=dict)
    calendars: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _named_like_its_topics(cls, given: dict[str, Any]) -> dict[str, Any]:
        return {**given, "deployment": given.get("deployment") or given.get("prefix", "cx")}

    def but(self, **changes: Any) -> "Settings":
        """These settings with some replaced, and checked. A deployment named like its topics follows them.

        Raises FixConfiguration.
        """
        kept = self._spelled_out()
        if self.deployment == self.prefix:
            del kept["deployment"]
        return _checked(Settings, {**kept, **changes}, Told({}))

    def decisions(self) -> dict[str, Any]:
        """The tables that say what is decided, for ``RuleSet.from_mapping``."""
        return {"rules": self.rules, "outreach": self.outreach, "calendars": self.calendars}

    def named(self, topic: Topic) -> str:
        """The name of a topic: inputs are shared with other deployments, all else belongs to this one."""
        return topic.named_for(self.prefix, self.deployment)

    def environment(self) -> dict[str, str]:
        """These settings as the environment of a child process, on top of this one's. Holds secrets."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        return {**inherited, HANDED_OVER: json.dumps(self._spelled_out())}

    def _spelled_out(self) -> dict[str, Any]:
        return self.model_dump(mode="json", context=REVEAL)


class _Layered(Settings, BaseSettings):
    """The environment above what is passed in, which is the file."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", frozen=True, extra="forbid"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (env_settings, init_settings)


def load(file: Path | None = None) -> Settings:
    """The settings in force: what a parent handed over, or else the file with the environment on top.

    ``file``: default is what HEEDFUL_CONFIG names, or else ``heedful.toml`` of the working folder, if there.
    Raises FixConfiguration, naming file, line and key.
    """
    if file is None and HANDED_OVER in os.environ:
        return _checked(Settings, json.loads(os.environ[HANDED_OVER]), Told({}))
    told = _told(file)
    _know_every_variable(told.environment)
    settings = _checked(_Layered, _tables(told), told)
    RuleSet.from_mapping(settings.decisions(), told)
    _know_every_target(settings, told)
    _know_the_broker(settings, told)
    return settings


def _told(file: Path | None) -> Told:
    environment = {name: value for name, value in os.environ.items() if name.startswith(PREFIX)}
    wanted = file or (Path(environment[CONFIG]) if environment.get(CONFIG) else None)
    found = wanted or DEFAULT_FILE
    if not wanted and not found.is_file():
        return Told(environment)
    return Told(environment, found, read(found))


def _tables(told: Told) -> dict[str, Any]:
    try:
        return tomllib.loads(told.text)
    except tomllib.TOMLDecodeError as error:
        raise FixConfiguration(f"{told.file}: {error}") from error


def _know_every_variable(environment: Mapping[str, str]) -> None:
    """A misspelt variable would otherwise be overlooked in silence."""
    for name in environment:
        first = name.removeprefix(PREFIX).lower().split("__")[0]
        if name not in (HANDED_OVER, CONFIG) and first not in Settings.model_fields:
            raise FixConfiguration(f"{name}: there is no setting of this name")


def _know_every_target(settings: Settings, told: Told) -> None:
    """An alert to nobody would otherwise be overlooked in silence."""
    for place, rule in enumerate(settings.alerts):
        for target in rule.to:
            if target not in settings.alerting.targets:
                where = told.place(["alerts", str(place), "to"])
                raise FixConfiguration(
                    f"{where}there is no target {target!r}; write a table [alerting.targets.{target}]"
                )


def _know_the_broker(settings: Settings, told: Told) -> None:
    """A standby must see only what was committed."""
    if settings.kernel.standbys and settings.kafka.aborted_visible:
        where = told.place(["kernel", "standbys"])
        raise FixConfiguration(f"{where}the embedded broker shows aborted transactions; leave it at 0")


def _checked(model: type[Settings], given: dict[str, Any], told: Told) -> Settings:
    try:
        return model(**given)
    except (ValidationError, SettingsError) as refused:
        raise FixConfiguration(explained(refused, told)) from None
