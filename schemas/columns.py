"""From decoded columns to records, column by column: what is the same for a whole column is done once."""

from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from schemas.conversion import amount, item_model, symbols_read
from schemas.shape import Field
from schemas.words import Record

if TYPE_CHECKING:
    from schemas.codec import Reading


def records(frame: pl.DataFrame, reading: "Reading") -> list[Record]:
    """The rows of a verified frame as records of the contract."""
    return _build(frame, reading.pairs, reading.model)


def values(frame: pl.DataFrame, reading: "Reading", name: str) -> list[Any]:
    """One field of the contract, of every row of a verified frame."""
    writer, reader = next(pair for pair in reading.pairs if pair[1].name == name)
    if writer is None:
        position = reading.model.__struct_fields__.index(name)
        return [_defaults(reading.model)[position]] * frame.height
    return _column(frame[writer.name], writer, reader)


def _build(
    frame: pl.DataFrame, pairs: tuple[tuple[Field | None, Field], ...], model: type[Record]
) -> list[Record]:
    defaults = dict(zip(model.__struct_fields__, _defaults(model), strict=True))
    columns: list[Any] = [[model.__name__] * frame.height]
    for writer, reader in pairs:
        if writer is None:
            columns.append([defaults[reader.name]] * frame.height)
        else:
            columns.append(_column(frame[writer.name], writer, reader))
    return msgspec.convert(list(zip(*columns, strict=True)), list[model])  # type: ignore[valid-type]


def _defaults(model: type[Record]) -> list[Any]:
    return [
        field.default_factory() if field.default_factory is not msgspec.NODEFAULT else field.default
        for field in msgspec.structs.fields(model)
    ]


def _column(column: pl.Series, writer: Field, reader: Field) -> list[Any]:
    match writer.kind:
        case "enum":
            symbols = symbols_read(writer, reader)
            return [symbols[index] for index in column.to_list()]
        case "decimal":
            return [None if units is None else amount(units) for units in column.to_list()]
        case "strings":
            return list(map(tuple, column.to_list()))
        case "records":
            return _arrays(column, writer, reader)
        case _:
            return column.to_list()


def _arrays(column: pl.Series, writer: Field, reader: Field) -> list[tuple[Record, ...]]:
    counts = column.list.len()
    if not counts.sum():
        return [()] * len(column)
    flat = column.filter(counts > 0).explode(empty_as_null=False, keep_nulls=False).struct.unnest()
    written = {field.name: field for field in writer.items}
    pairs = tuple((written.get(field.name), field) for field in reader.items)
    items = _build(flat, pairs, item_model(reader))
    arrays, at = [], 0
    for count in counts.to_list():
        arrays.append(tuple(items[at : at + count]))
        at += count
    return arrays
