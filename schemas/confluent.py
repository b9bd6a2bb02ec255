"""A registry with Confluent's REST interface, by its own client."""

from collections.abc import Callable
from threading import Lock
from typing import Any

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from schemas import published
from schemas.errors import FixSchemas, RegistryUnavailable


class ConfluentRegistry:
    """A server with Confluent's REST interface (Confluent, Karapace, Apicurio, Redpanda).

    Asks for ids, registers nothing: ``heedful schemas register`` does that, once per deployment.
    """

    def __init__(self, url: str, auth: str | None = None, ca: str | None = None) -> None:
        """``auth`` is "user:password", ``ca`` a file with the certificate to trust."""
        settings: dict[str, object] = {"url": url, "max.retries": 2}
        if auth:
            settings["basic.auth.user.info"] = auth
        if ca:
            settings["ssl.ca.location"] = ca
        self.url = url
        self._client = SchemaRegistryClient(settings)
        self._ids: dict[str, int] = {}
        self._texts: dict[int, str] = {}
        self._lock = Lock()

    def id_of(self, subject: str) -> int:
        """The id under which the registry holds our newest version of ``subject``."""
        with self._lock:
            if subject not in self._ids:
                self._ids[subject] = self._look_up(subject)
            return self._ids[subject]

    def text_of(self, schema_id: int) -> str | None:
        """The schema under an id. An unknown id is asked for again each time: it may be registered yet."""
        with self._lock:
            if schema_id not in self._texts:
                text = self._fetch(schema_id)
                if text is None:
                    return None
                self._texts[schema_id] = text
            return self._texts[schema_id]

    def register(self, subject: str, text: str) -> int:
        """Publish a version; the id of the one already there if it is the same.

        Raises FixSchemas if the registry refuses it.
        """
        return int(self._ask(lambda: self._client.register_schema(subject, Schema(text, "AVRO")), subject))

    def set_compatibility(self, subject: str, level: str) -> None:
        """Have the registry itself refuse what ``schemas.compatibility`` would refuse."""
        self._ask(lambda: self._client.set_compatibility(subject, level), subject)

    def _look_up(self, subject: str) -> int:
        schema = Schema(published.newest(subject).text, "AVRO")
        found = self._ask(lambda: self._client.lookup_schema(subject, schema), subject)
        if found is None:
            way_out = "heedful schemas register"
            raise FixSchemas(f"{self.url} does not have the newest version of {subject}: {way_out}")
        return int(found.schema_id)

    def _fetch(self, schema_id: int) -> str | None:
        found = self._ask(lambda: self._client.get_schema(schema_id), f"schema {schema_id}")
        return None if found is None else found.schema_str

    def _ask(self, call: Callable[[], Any], about: str) -> Any:
        """The answer; None if there is no such thing."""
        try:
            return call()
        except SchemaRegistryError as error:
            if error.http_status_code == 404:
                return None
            if error.http_status_code in (409, 422):
                raise FixSchemas(f"{self.url} refuses {about}: {error.error_message}") from error
            raise RegistryUnavailable(f"{self.url}, asked for {about}: {error}") from error
        except Exception as error:
            # The client lets through whatever the HTTP library below it raises.
            raise RegistryUnavailable(f"no answer from {self.url}, asked for {about}: {error}") from error
