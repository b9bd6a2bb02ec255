"""The tables of heedful.toml, one model each. ``streams.settings`` says what the keys mean."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    SecretStr,
    SerializationInfo,
    model_validator,
)

from schemas.words import Millis
from streams.clock import Clock, SimulatedClock, WallClock
from streams.rules.durations import Duration

REVEAL = {"reveal": True}
"""The context in which secrets are spelled out: on their way to a child process."""


def _spelled(secret: SecretStr, info: SerializationInfo) -> str:
    return secret.get_secret_value() if info.context == REVEAL else str(secret)


def _topic_safe(name: str) -> str:
    if not name or not all(letter.isascii() and (letter.isalnum() or letter in "._-") for letter in name):
        raise ValueError(f"{name!r} can't be part of a topic's name: letters, digits, dot, dash, underscore")
    return name


Secret: TypeAlias = Annotated[SecretStr, PlainSerializer(_spelled)]
LogFormat: TypeAlias = Literal["text", "json"]
Name: TypeAlias = Annotated[str, AfterValidator(_topic_safe)]
Port: TypeAlias = Annotated[int, Field(ge=0, le=65_535)]


class Table(BaseModel):
    """A table of heedful.toml: immutable, without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class KafkaSettings(Table):
    """How to reach the broker."""

    kind: Literal["kafka", "embedded"] = "kafka"
    bootstrap: str = "127.0.0.1:9092"
    security: Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"] = "plaintext"
    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    username: str | None = None
    password: Secret | None = None
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    key_password: Secret | None = None

    @property
    def aborted_visible(self) -> bool:
        """Whether read_committed readers of this broker see what was aborted."""
        return self.kind == "embedded"

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.security.startswith("sasl") and not (self.username and self.password):
            raise ValueError(f"security = {self.security!r} needs username and password")
        return self

    def librdkafka(self) -> dict[str, str | int]:
        """Client settings under librdkafka's names; they hold secrets."""
        found: dict[str, str | Path | None] = {
            "bootstrap.servers": self.bootstrap,
            "security.protocol": self.security,
            "ssl.ca.location": self.ca,
            "ssl.certificate.location": self.certificate,
            "ssl.key.location": self.key,
            "ssl.key.password": revealed(self.key_password),
        }
        if self.security.startswith("sasl"):
            found |= {
                "sasl.mechanism": self.mechanism,
                "sasl.username": self.username,
                "sasl.password": revealed(self.password),
            }
        return {name: str(value) for name, value in found.items() if value is not None}


class KernelSettings(Table):
    """How the kernels guard against the loss of a worker."""

    standbys: Annotated[int, Field(ge=0, le=10)] = 0


class RegistrySettings(Table):
    """Where schemas get their ids. Without ``url``: the schema files of this package."""

    url: str | None = None
    username: str | None = None
    password: Secret | None = None
    ca: Path | None = None


class ClickHouseSettings(Table):
    """Where rows go. Without ``url``: the embedded engine, its files under the data folder."""

    url: str | None = None
    database: Name = "heedful"
    username: str = "default"
    password: Secret = SecretStr("")
    ca: Path | None = None
    instance: Name = "0"
    http_port: Port = 0


class ClockSettings(Table):
    """The time of people. Simulated: stood at ``start`` when the machine's clock stood at ``origin``."""

    kind: Literal["wall", "simulated"] = "wall"
    start: Millis = 0
    origin: Millis = 0
    speed: Annotated[float, Field(gt=0)] = 1.0

    def clock(self) -> Clock:
        """The clock that these settings describe."""
        return WallClock() if self.kind == "wall" else SimulatedClock(self.start, self.origin, self.speed)

    def lasts(self, seconds: float) -> Millis:
        """How much of the time of people passes within so many seconds of the machine."""
        return round(seconds * 1_000 * (1 if self.kind == "wall" else self.speed))


class WebSettings(Table):
    """Where a role serves its pages."""

    host: str = "127.0.0.1"
    port: Port = 0
    token: Annotated[Secret, Field(min_length=16)] | None = None

    @model_validator(mode="after")
    def _is_guarded(self) -> Self:
        if self.token is None and not is_loopback(self.host):
            raise ValueError(
                f"host = {self.host!r} would show customers' data to the network: set a token of 16 or more "
                "characters, best as HEEDFUL_WEB__TOKEN"
            )
        return self

    def of_another_role(self, number: int) -> "WebSettings":
        """For another role on the same machine: so many ports further on, or also a free one."""
        return self.model_copy(update={"port": self.port and self.port + number})


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach it."""
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class AlertTarget(Table):
    """Where alerts go: an address of apprise, or a webhook whose calls are signed with ``secret``."""

    url: Secret | None = None
    webhook: Secret | None = None
    secret: Secret | None = None

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if (self.url is None) == (self.webhook is None):
            raise ValueError("write either url, an address of apprise, or webhook, and its secret")
        if (self.webhook is None) != (self.secret is None):
            raise ValueError("webhook and secret go together: calls are signed")
        return self


class AlertDigest(Table):
    """At most ``most`` messages to a target within ``within``; what is more becomes one message."""

    most: Annotated[int, Field(ge=1)] = 10
    within: Annotated[Duration, Field(gt=0)] = 600_000


class AlertingSettings(Table):
    """How alerts reach people. ``streams.settings`` says what the keys mean."""

    targets: dict[Name, AlertTarget] = Field(default_factory=dict)
    digest: AlertDigest = AlertDigest()
    stale_after: Annotated[Duration, Field(gt=0)] = 1_800_000
    settle: Duration = 120_000
    outdated_after: Annotated[Duration, Field(gt=0)] = 86_400_000
    retry: tuple[Duration, ...] = (1_000, 10_000, 60_000, 300_000, 900_000)


def revealed(secret: SecretStr | None) -> str | None:
    """What a secret hides."""
    return secret.get_secret_value() if secret else None
