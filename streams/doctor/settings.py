"""The settings: what is allowed, and still a risk."""

import shutil
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

from streams.doctor.finding import Finding
from streams.settings import Settings

AREA = "settings"
SCARCE = 2 << 30
"""Bytes free where state of this machine is kept: logs, and the embedded engine's rows."""


def settings_in_force(settings: Settings) -> Iterator[Finding]:
    """Loading them has refused what is wrong."""
    risks = list(_risks(settings))
    yield from risks or [Finding("ok", AREA, f"deployment {settings.deployment}, topics {settings.prefix}.*")]


def _risks(settings: Settings) -> Iterator[Finding]:
    hosts = [server.rpartition(":")[0] for server in settings.kafka.bootstrap.split(",")]
    if settings.kafka.security in ("plaintext", "sasl_plaintext") and not all(map(_is_near, hosts)):
        yield Finding(
            "warning",
            AREA,
            f"kafka.security = {settings.kafka.security!r} to {settings.kafka.bootstrap}",
            "What customers do, and passwords, can be read on the way.",
            'security = "sasl_ssl" in [kafka], with ca, username and HEEDFUL_KAFKA__PASSWORD.',
        )
    if settings.clock.kind == "simulated":
        yield Finding(
            "warning",
            AREA,
            'clock.kind = "simulated"',
            "Signals come in simulated time: right for demos and tests, wrong for customers.",
            "Remove [clock] in production.",
        )
    free = shutil.disk_usage(_existing(settings.data_dir.absolute())).free
    if free < SCARCE:
        yield Finding(
            "warning",
            AREA,
            f"{free >> 20:,} MiB are free where data_dir is ({settings.data_dir})",
            "Workers keep logs there, and the embedded ClickHouse its rows.",
            "Make room, or name another data_dir.",
        )


def _is_near(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _existing(folder: Path) -> Path:
    """The folder, or the first above it that is there."""
    return next(each for each in (folder, *folder.parents) if each.exists())
