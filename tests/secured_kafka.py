"""Apache Kafka as a company runs it: certificates, passwords, and nothing allowed that nobody allowed.

A listener for each way in which heedful can prove who it is, an authority of its own, ``StandardAuthorizer``.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from streams import children
from tests import apache_kafka
from tests.waiting import eventually

ADMIN, ADMIN_PASSWORD = "admin", "of the admin"
USER, PASSWORD = "heedful", "p4ss word, 100% of $heedful"
KEY_PASSWORD = "guards the key"
LISTENERS = ("SASL_PLAINTEXT", "SASL_SSL", "SSL")
PROPERTIES = """process.roles=broker,controller
node.id=1
listeners={listeners},CONTROLLER://127.0.0.1:{controller}
advertised.listeners={listeners}
inter.broker.listener.name=SASL_PLAINTEXT
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
listener.security.protocol.map=SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL,SSL:SSL,CONTROLLER:PLAINTEXT
log.dirs={folder}/logs
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:{admin};User:ANONYMOUS
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
sasl.mechanism.inter.broker.protocol=PLAIN
ssl.keystore.type=PEM
ssl.keystore.location={folder}/broker.pem
ssl.truststore.type=PEM
ssl.truststore.location={folder}/ca.pem
listener.name.ssl.ssl.client.auth=required
ssl.principal.mapping.rules=RULE:^CN=([^,]+).*$/$1/
"""
"""ANONYMOUS is the controllers' listener alone: all others want to know who comes."""

LOGINS = """listener.name.{listener}.plain.sasl.jaas.config=\
  org.apache.kafka.common.security.plain.PlainLoginModule required \
  username="{admin}" password="{admin_password}" \
  user_{admin}="{admin_password}" user_{user}="{password}";
listener.name.{listener}.scram-sha-256.sasl.jaas.config=\
  org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.{listener}.scram-sha-512.sasl.jaas.config=\
  org.apache.kafka.common.security.scram.ScramLoginModule required;
"""
NEW = ("-newkey", "rsa:2048", "-days", "2")
PAIR = "-keyout {0}.key -out {0}.pem"
ANYTHING = (ResourceType.ANY, None, ResourcePatternType.ANY)
TOPIC, GROUP = ResourceType.TOPIC, ResourceType.GROUP
TRANSACTIONAL_ID = ResourceType.TRANSACTIONAL_ID
READING = (AclOperation.READ, AclOperation.DESCRIBE_CONFIGS)
Right: TypeAlias = tuple[ResourceType, str, Sequence[AclOperation]]
"""What (all whose name begins so), and what may be done with it."""


@dataclass(frozen=True)
class SecuredKafka:
    """A running broker. ``ports`` by listener; ``folder`` has ca.pem, and client.pem with client.key."""

    ports: dict[str, int]
    folder: Path

    def settings(self, security: str = "sasl_ssl", **said: Any) -> dict[str, Any]:
        """The table [kafka] that describes a listener, but for what is said otherwise. None: left out."""
        found: dict[str, Any] = {
            "bootstrap": f"127.0.0.1:{self.ports[security.upper()]}",
            "security": security,
            "username": USER,
            "password": PASSWORD,
        }
        if security.endswith("ssl"):
            found["ca"] = str(self.folder / "ca.pem")
        if security == "ssl":
            found |= {"username": None, "password": None, "key_password": KEY_PASSWORD}
            found |= {"certificate": f"{self.folder}/client.pem", "key": f"{self.folder}/client.key"}
        return {name: value for name, value in {**found, **said}.items() if value is not None}

    def know(self, user: str, password: str = PASSWORD) -> None:
        """From now on this password proves this user, by SCRAM."""
        client = self._admin()
        for mechanism in (ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512):
            wanted = UserScramCredentialUpsertion(
                user, ScramCredentialInfo(mechanism, 4096), password.encode()
            )
            client.alter_user_scram_credentials([wanted])[user].result(20)

    def allow(self, user: str, *rights: Right) -> None:
        """Whatever was allowed before stays so. Returns once the broker goes by it."""
        wanted = {_binding(user, *right, one) for right in rights for one in right[2]}
        client = self._admin()
        for future in client.create_acls(list(wanted)).values():
            future.result(20)
        everything = AclBindingFilter(
            *ANYTHING, f"User:{user}", None, AclOperation.ANY, AclPermissionType.ANY
        )
        eventually(lambda: wanted <= set(client.describe_acls(everything).result(20)))

    def _admin(self) -> AdminClient:
        return AdminClient(_as_admin(self.ports))


def rights(deployment: str) -> list[Right]:
    """All that heedful needs, as streams/README.md says."""
    using = (*READING, AclOperation.WRITE, AclOperation.CREATE)
    own = f"heedful.{deployment}."
    return [
        (TOPIC, f"{deployment}.", using),
        (TOPIC, own, using),
        (TOPIC, f"{own}doctor", [AclOperation.DELETE]),
        (GROUP, own, [AclOperation.READ]),
        (TRANSACTIONAL_ID, own, [AclOperation.WRITE]),
    ]


def _binding(
    user: str, what: ResourceType, begins: str, _: Sequence[AclOperation], may: AclOperation
) -> AclBinding:
    whose = (f"User:{user}", "*")
    return AclBinding(what, begins, ResourcePatternType.PREFIXED, *whose, may, AclPermissionType.ALLOW)


def missing() -> str | None:
    """What this machine lacks to run it; None: nothing."""
    return apache_kafka.missing() or (
        None if shutil.which("openssl") else "A secured Kafka needs openssl, not found on this machine"
    )


@contextmanager
def secured_kafka() -> Iterator[SecuredKafka]:
    """A broker on free loopback ports for as long as the block runs; its data goes with it."""
    with tempfile.TemporaryDirectory(prefix="heedful-kafka-") as name:
        folder = Path(name)
        _certify(folder)
        ports = {listener: children.free_port() for listener in LISTENERS}
        with apache_kafka.started(folder, _properties(folder, ports), _as_admin(ports)):
            found = SecuredKafka(ports, folder)
            found.know(USER)
            yield found


def _as_admin(ports: Mapping[str, int]) -> dict[str, str]:
    return {
        "bootstrap.servers": f"127.0.0.1:{ports['SASL_PLAINTEXT']}",
        "security.protocol": "sasl_plaintext",
        "sasl.mechanism": "PLAIN",
        "sasl.username": ADMIN,
        "sasl.password": ADMIN_PASSWORD,
    }


def _properties(folder: Path, ports: Mapping[str, int]) -> str:
    listeners = ",".join(f"{name}://127.0.0.1:{port}" for name, port in ports.items())
    said = {"folder": folder, "controller": children.free_port(), "admin": ADMIN, "listeners": listeners}
    logins = {"admin": ADMIN, "admin_password": ADMIN_PASSWORD, "user": USER, "password": PASSWORD}
    return (
        apache_kafka.PROPERTIES
        + PROPERTIES.format(**said)
        + "".join(LOGINS.format(listener=name, **logins) for name in ("sasl_plaintext", "sasl_ssl"))
    )


def _certify(folder: Path) -> None:
    """An authority; a broker and a client that it vouches for; the client's key asks for a password."""
    _openssl(folder, "req", "-x509", *NEW, "-nodes", "-subj", "/CN=authority", *PAIR.format("ca").split())
    for name, options in {"broker": ["-nodes"], "client": ["-passout", f"pass:{KEY_PASSWORD}"]}.items():
        subject = USER if name == "client" else "127.0.0.1"
        where = ["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
        by = ["-CA", "ca.pem", "-CAkey", "ca.key"]
        _openssl(
            folder,
            "req",
            "-x509",
            *NEW,
            *options,
            "-subj",
            f"/CN={subject}",
            *where,
            *by,
            *PAIR.format(name).split(),
        )
    whole = (folder / "broker.key").read_text() + (folder / "broker.pem").read_text()
    (folder / "broker.pem").write_text(whole)


def _openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)
