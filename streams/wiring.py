"""From settings to the objects that do the work: the one place that knows which is made of what."""

from schemas.codec import Codec
from schemas.registry import FileRegistry, Registry
from streams.kernel.config import KernelConfig
from streams.roles import Role
from streams.sections import RegistrySettings, revealed
from streams.settings import Settings
from streams.threaded import Work


def registry_of(settings: RegistrySettings) -> Registry:
    """The registry that the settings name; without a URL, the schema files of this package.

    Its client is imported where there is a URL: with what it needs, it costs each start a fifth of a second.
    """
    if settings.url is None:
        return FileRegistry()
    from schemas.confluent import ConfluentRegistry

    password = revealed(settings.password)
    auth = f"{settings.username}:{password}" if settings.username and password else None
    return ConfluentRegistry(settings.url, auth, str(settings.ca) if settings.ca else None)


def codec_of(settings: Settings) -> Codec:
    """The codec for everything that this process reads and writes."""
    return Codec(registry_of(settings.registry))


def kernel_config(settings: Settings) -> KernelConfig:
    """What a kernel needs to know about where it runs."""
    return KernelConfig(
        kafka=settings.kafka.librdkafka(),
        prefix=settings.prefix,
        deployment=settings.deployment,
        lateness=settings.lateness,
        commit_every=settings.commit_interval,
        instance=settings.instance,
        session_timeout=settings.session_timeout,
        aborted_visible=settings.kafka.aborted_visible,
        waiting_limit=settings.waiting_limit,
        stuck_after=settings.stuck_after,
        heartbeats=settings.heartbeats == "write",
        standbys=settings.kernel.standbys,
    )


def work_of(role: Role, settings: Settings) -> Work:
    """What a role does in its thread. Imports only what that role needs."""
    return {"visits": _visits, "care": _care, "landing": _landing}[role](settings)


def _visits(settings: Settings) -> Work:
    from schemas.topics import FACTS
    from streams.kernel.loop import Kernel
    from streams.visits import Visits

    return Kernel(Visits(), kernel_config(settings), codec_of(settings), settings.clock.clock(), FACTS)


def _care(settings: Settings) -> Work:
    from schemas.topics import FACTS
    from streams.care import Care
    from streams.kernel.loop import Kernel
    from streams.known_rules import KnownRules

    care = Care(KnownRules(settings, settings.clock.clock()), settings.lateness)
    return Kernel(care, kernel_config(settings), codec_of(settings), settings.clock.clock(), FACTS)


def _landing(settings: Settings) -> Work:
    from streams.landing import Landing

    return Landing(settings, codec_of(settings))
