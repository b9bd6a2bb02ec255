"""Where schemas get their ids: the files of this package, or a registry with Confluent's REST interface.

Ids differ from registry to registry. Nothing may assume one, or store one outside the messages that it was
written for.
"""

import json
from functools import cached_property
from hashlib import sha256
from typing import Protocol

from schemas import published
from schemas.errors import FixSchemas
from schemas.topics import SUBJECTS

ID_BITS = 31
"""Ids are positive 32-bit integers on the wire."""


class Registry(Protocol):
    """Gives ids to schemas and schemas to ids. Safe to share among threads."""

    def id_of(self, subject: str) -> int:
        """The id of the newest version of ``subject`` that this program knows.

        Raises FixSchemas if the registry doesn't have it, RegistryUnavailable if it gives no answer.
        """

    def text_of(self, schema_id: int) -> str | None:
        """The schema under an id as JSON; None if there is none. Raises RegistryUnavailable."""


def canonical(text: str) -> str:
    """One spelling of a schema's JSON. Defaults, docs and logical types count: they matter to readers."""
    return json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def content_id(text: str) -> int:
    """An id derived from what a schema says; the same on every machine."""
    digest = sha256(canonical(text).encode()).digest()
    return int.from_bytes(digest[:4], "big") >> (32 - ID_BITS)


class FileRegistry:
    """The files of this package. Needs no server and has no state."""

    @cached_property
    def _texts(self) -> dict[int, str]:
        shapes = [shape for subject in SUBJECTS for shape in published.versions(subject)]
        texts = {content_id(shape.text): shape.text for shape in shapes}
        if len(texts) != len({canonical(shape.text) for shape in shapes}):
            raise FixSchemas("two schemas have the same content id; reword the doc of the newer one")
        return texts

    def id_of(self, subject: str) -> int:
        """The id of the newest file."""
        return content_id(published.newest(subject).text)

    def text_of(self, schema_id: int) -> str | None:
        """The file's content."""
        return self._texts.get(schema_id)
