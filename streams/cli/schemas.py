"""``heedful schemas``: the contracts, as files and in a registry."""

import json
from typing import Annotated

import typer

from schemas.confluent import ConfluentRegistry
from schemas.errors import FixSchemas
from schemas.jsonl import to_json
from schemas.payloads import examples
from schemas.published import versions
from schemas.publishing import level_of, problems, publish
from schemas.shape import Shape
from schemas.topics import SUBJECTS
from streams.cli.options import Config, settings_from
from streams.errors import FixConfiguration
from streams.wiring import registry_of

app = typer.Typer(
    help="Check, register and show the contracts.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def check(
    publish_: Annotated[
        bool, typer.Option("--publish", help="Publish new versions: from then on they can't change.")
    ] = False,
) -> None:
    """Check the schema files: none published was changed, every version can follow those before it.

    Inputs must be readable by newer readers (BACKWARD), all other subjects by newer and older (FULL).
    """
    if publish_:
        for name in publish():
            print(f"published {name}")
    wrong = problems()
    if wrong:
        raise FixSchemas("\n  ".join(["the schema files are not in order:", *wrong]))
    count = sum(len(versions(subject)) for subject in SUBJECTS)
    print(f"{len(SUBJECTS)} subjects, {count} versions: all in order.")


@app.command()
def register(
    url: Annotated[str | None, typer.Option(help="Of the registry, instead of the settings' own.")] = None,
    config: Config = None,
) -> None:
    """Register every version of every subject with a registry, and its level of compatibility.

    The registry is the one of [registry] in the settings, or of --url. Registering again changes nothing.
    """
    registry = _confluent(url, config)
    for subject in SUBJECTS:
        for number, shape in enumerate(versions(subject), 1):
            schema_id = registry.register(subject, shape.text)
            print(f"{subject} version {number}: id {schema_id}")
        registry.set_compatibility(subject, f"{level_of(subject)}_TRANSITIVE")
    print(f"{len(SUBJECTS)} subjects at {registry.url}.")


@app.command()
def show(
    subject: Annotated[str | None, typer.Argument(help="Such as cx.cart-value; without it, all.")] = None,
    version: Annotated[int | None, typer.Option(min=1, help="Instead of the newest.")] = None,
    example: Annotated[bool, typer.Option("--example", help="Show its example records instead.")] = False,
    config: Config = None,
) -> None:
    """Show a subject's Avro schema or its example records; without a subject, list all with their ids."""
    if subject is None:
        _list(config)
    elif example:
        _print_examples(_known(subject))
    else:
        print(_version(_known(subject), version).text.rstrip())


@app.command()
def asyncapi() -> None:
    """Print the AsyncAPI 3 document of all topics, with the newest version of every contract."""
    from schemas.asyncapi import text

    print(text(), end="")


def _confluent(url: str | None, config: Config) -> ConfluentRegistry:
    settings = settings_from(config).registry
    registry = registry_of(settings.model_copy(update={"url": url}) if url else settings)
    if not isinstance(registry, ConfluentRegistry):
        raise FixConfiguration("there is no registry to register with: set registry.url, or pass --url")
    return registry


def _list(config: Config) -> None:
    registry = registry_of(settings_from(config).registry)
    print(f"{'subject':29} {'versions':>8}  {'id':>10}  compatibility")
    for subject in SUBJECTS:
        print(f"{subject:29} {len(versions(subject)):8}  {registry.id_of(subject):10}  {level_of(subject)}")


def _known(subject: str) -> str:
    for name in (subject, f"{subject}-value", f"cx.{subject}-value", f"heedful.{subject}"):
        if name in SUBJECTS:
            return name
    raise FixConfiguration(f"there is no subject {subject}; `heedful schemas show` lists them")


def _version(subject: str, number: int | None) -> Shape:
    known = versions(subject)
    if number is not None and number > len(known):
        raise FixConfiguration(f"{subject} has no version {number}; its newest is {len(known)}")
    return known[(number or len(known)) - 1]


def _print_examples(subject: str) -> None:
    for name, record in examples(subject):
        print(f"// {name}")
        print(json.dumps(to_json(record), indent=1, ensure_ascii=False))
