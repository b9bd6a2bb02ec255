"""Files that ``heedful replay`` and ``heedful import`` read, and how their rows become native events."""

from streams.errors import FixInput
from streams.formats.base import Format
from streams.formats.jsonl import Jsonl
from streams.formats.rees46 import Rees46
from streams.formats.retentioneering import Retentioneering
from streams.formats.servicenow import Servicenow
from streams.formats.zendesk import Zendesk

FORMATS: dict[str, Format] = {
    form.name: form for form in (Rees46(), Retentioneering(), Servicenow(), Zendesk(), Jsonl())
}
"""Every format by its name."""


def format_named(name: str) -> Format:
    """The format. Raises FixInput."""
    if name not in FORMATS:
        raise FixInput(f"{name!r} is not a format; there are {', '.join(FORMATS)}")
    return FORMATS[name]
