"""How Faust and aiokafka prove to the broker who they are; librdkafka has settings of its own."""

import ssl

from faust.auth import SASLCredentials, SSLCredentials
from faust.types.auth import CredentialsT

from streams.sections import KafkaSettings, revealed


def credentials(kafka: KafkaSettings) -> CredentialsT | None:
    """The credentials that the settings describe; None for plaintext."""
    context = _context(kafka) if kafka.security.endswith("ssl") else None
    if kafka.security.startswith("sasl"):
        return SASLCredentials(
            username=kafka.username,
            password=revealed(kafka.password),
            mechanism=kafka.mechanism,
            ssl_context=context,
        )
    return SSLCredentials(context) if context else None


def _context(kafka: KafkaSettings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=kafka.ca)
    if kafka.certificate:
        context.load_cert_chain(kafka.certificate, kafka.key, revealed(kafka.key_password))
    return context
