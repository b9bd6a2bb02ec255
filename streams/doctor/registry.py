"""The registry: there, with every contract in its newest version."""

from collections.abc import Iterator

from schemas.errors import FixSchemas, RegistryUnavailable
from schemas.topics import SUBJECTS
from streams.doctor.finding import Finding
from streams.settings import Settings
from streams.wiring import registry_of

AREA = "registry"


def registry(settings: Settings) -> Iterator[Finding]:
    """Asks for every subject. Without a url, ids come from this package's own files."""
    if settings.registry.url is None:
        yield Finding("ok", AREA, "none is named: ids come from the schema files of this package")
        return
    found = registry_of(settings.registry)
    lacking = []
    for subject in SUBJECTS:
        try:
            found.id_of(subject)
        except FixSchemas:
            lacking.append(subject)
        except RegistryUnavailable as error:
            yield Finding(
                "error",
                AREA,
                str(error),
                "Records can't be written, nor read under ids that are not known yet.",
                "Start it, or put [registry] right in heedful.toml: url, username, ca.",
            )
            return
    if lacking:
        yield Finding(
            "error",
            AREA,
            f"{settings.registry.url} lacks the newest version of {', '.join(lacking)}",
            "Workers can't write these records.",
            "heedful schemas register",
        )
    else:
        yield Finding("ok", AREA, f"{len(SUBJECTS)} contracts at {settings.registry.url}")
