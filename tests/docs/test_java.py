"""The mailer in Java, run as it stands in examples, with a registry that gives ids of its own."""

import subprocess
from pathlib import Path

import pytest

from schemas import admin
from schemas.codec import Codec
from schemas.confluent import ConfluentRegistry
from schemas.published import versions
from schemas.topics import OUTREACH
from tests.aborting import publish_thrice
from tests.apache_kafka import VERSION, ApacheKafka, missing
from tests.docs.readme import ROOT
from tests.docs.test_consumer import outreach_of_the_example
from tests.maven import jars
from tests.schemas.rest_registry import rest_registry

EMAIL = OUTREACH["email"]
ARTIFACTS = {
    "org.apache.kafka:kafka-clients": VERSION,
    "org.apache.avro:avro": "1.12.1",
    "org.slf4j:slf4j-simple": "1.7.36",
}


@pytest.mark.kafka
def test_a_mailer_in_java_obeys_what_was_committed_once(
    kafka: ApacheKafka, prefix: str, tmp_path: Path
) -> None:
    """Aborted and dangling transactions stand before it, each request in the log three times."""
    assert missing() is None
    admin.create({"bootstrap.servers": kafka.bootstrap}, admin.plans(prefix, prefix, 2), 1)
    name = EMAIL.named(prefix)
    (key, asked), (_, called_back) = outreach_of_the_example()
    with rest_registry() as server, open(tmp_path / "errors", "wb") as errors:
        registry = ConfluentRegistry(server.url)
        registry.register("someone-elses", '{"type": "record", "name": "a", "fields": []}')
        for shape in versions(EMAIL.subject):
            registry.register(EMAIL.subject, shape.text)
        codec = Codec(registry)
        records = [(key, codec.encode(asked)), (key, codec.encode(asked)), (key, codec.encode(called_back))]
        publish_thrice(kafka.bootstrap, name, aborted=records[:1], dangling=records[:1], committed=records)
        words = [kafka.bootstrap, name, server.url]
        classpath = f"{jars(f'mailer-{VERSION}', ARTIFACTS)}/*"
        command = ["java", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp", classpath]
        mailer = subprocess.Popen(
            [*command, str(ROOT / "examples/Mailer.java"), *words],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            assert mailer.stdout
            said = [mailer.stdout.readline().strip() for _ in range(2)]
        finally:
            mailer.kill()
            mailer.wait()
    assert said == [f"request {asked.outreach_id} kim", f"cancel {asked.outreach_id} kim"], (
        tmp_path / "errors"
    ).read_text()
