"""Tables of a Zendesk export, as connectors write them: a folder with user, ticket, ticket_field_history and
ticket_comment (``ticket.csv`` or ``ticket_data.csv``, plain or gzip).

A ticket's creation, each of its comments and each change of its fields become events. What the tables say of
one ticket in one second was one update, and is one event: an answer that also solves, a question that
reopens. Only tags that changed after the creation are an event of their own. A comment by an end user is a
customer's message, by an agent a reply or (private) a note, by the system (-1) a bot's. The text is looked at
for closing phrases, and goes no further. Teams and agents are ids. Times without a zone are in UTC. A ticket
that has a history older than its ``created_at`` was created when its history begins.

A ticket stays with its first requester, as the history has it; one without such a history has never had
another than today's. Tables may be fragments. Dead rows are: a comment or change whose ticket isn't there, a
comment whose author isn't, and a ticket without any status in the history (Zendesk writes one at creation;
when it was solved, nobody can tell).

Not read, because it says what holds today and not what held when: of ``ticket`` all but what never changes
(id, created_at, submitter_id, via_channel) and, where the history is silent, requester_id; so neither status,
priority, assignee_id, group_id, updated_at nor merged_ticket_ids (merging closes a ticket, which its history
says). Nor ``ticket_tag``. Who is an agent (role, only_private_comments) is read though it is today's: no
table says what it was.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from streams.formats import zendesk_tables as tables
from streams.formats.base import DeadRow, Found, Identity, Silent
from streams.formats.zendesk_tables import Change, Comment, Ticket, User
from streams.formats.zendesk_ticket import SYSTEM, told


class Zendesk:
    """See the module."""

    name = "zendesk"
    in_order = False

    def rows(self, file: Path, identity: Identity) -> Iterator[Found]:
        """The rows of a folder. ``identity`` changes nothing: the requester is the customer.

        Raises FixInput if a table isn't there, or lacks columns.
        """
        files = tables.find(file)
        export = _Export()
        yield from export.read(files)
        for name, ticket in export.tickets.items():
            yield from told(ticket, export.changes[name], export.comments[name], export.users)


class _Export:
    """The tables, by what their rows belong to."""

    def __init__(self) -> None:
        self.users: dict[str, User] = {SYSTEM.user_id: SYSTEM}
        self.tickets: dict[str, Ticket] = {}
        self.changes: dict[str, list[Change]] = defaultdict(list)
        self.comments: dict[str, list[Comment]] = defaultdict(list)

    def read(self, files: Mapping[str, Path]) -> Iterator[Silent | DeadRow]:
        """Read all tables. Gives what can't be told."""
        yield from self._read_users(files["user"])
        yield from self._read_tickets(files["ticket"])
        yield from self._read_history(files["ticket_field_history"])
        yield from self._read_comments(files["ticket_comment"])

    def _read_users(self, file: Path) -> Iterator[DeadRow]:
        for row in tables.read("user", file, tables.user):
            if isinstance(row, DeadRow):
                yield row
            else:
                self.users[row.user_id] = row

    def _read_tickets(self, file: Path) -> Iterator[Silent | DeadRow]:
        for row in tables.read("ticket", file, tables.ticket):
            if isinstance(row, DeadRow):
                yield row
            elif self.tickets.setdefault(row.ticket_id, row) is not row:
                yield Silent(row.at, repeated=True)

    def _read_history(self, file: Path) -> Iterator[DeadRow]:
        for row in tables.read("ticket_field_history", file, tables.change):
            if isinstance(row, DeadRow):
                yield row
            elif row.ticket_id not in self.tickets:
                yield _of_no_ticket(row)
            else:
                self.changes[row.ticket_id].append(row)
        for name, ticket in tuple(self.tickets.items()):
            if all(row.field != "status" for row in self.changes[name]):
                del self.tickets[name]
                for place in (ticket.place, *(row.place for row in self.changes[name])):
                    yield DeadRow(place, f"nothing is known of the status that ticket {name} had")

    def _read_comments(self, file: Path) -> Iterator[Silent | DeadRow]:
        seen = set()
        for row in tables.read("ticket_comment", file, tables.comment):
            if isinstance(row, DeadRow):
                yield row
            elif row.ticket_id not in self.tickets:
                yield _of_no_ticket(row)
            elif row.author not in self.users:
                yield DeadRow(row.place, f"user {row.author}, who wrote it, is not there")
            elif row.comment_id in seen:
                yield Silent(row.at, repeated=True)
            else:
                seen.add(row.comment_id)
                self.comments[row.ticket_id].append(row)


def _of_no_ticket(row: Change | Comment) -> DeadRow:
    return DeadRow(row.place, f"ticket {row.ticket_id} is not there, or can't be told")
