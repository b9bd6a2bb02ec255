"""The roles of heedful's processes."""

from typing import Literal, TypeAlias, get_args

Role: TypeAlias = Literal["visits", "care", "landing", "edges"]
"""A kernel (visits, care), the way into ClickHouse (landing), or the agents (edges)."""

ROLES: tuple[Role, ...] = get_args(Role)
