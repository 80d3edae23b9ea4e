"""The database side: offsets, and rows in the same transaction."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import psycopg
from psycopg import sql

from market.core.database import Database
from market.core.logs import Log
from market.sink.derive import WINDOW
from market.sink.offsets import Partition, Start, Stored
from market.sink.rows import Row, Table

log = Log("market.sink")


class Unavailable(Exception):
    """The database cannot be asked now; trying again may help."""


class Moved(Exception):
    """The stored offsets are not those that this sink left: somebody else wrote, or deleted, them."""


@dataclass(frozen=True)
class Entry:
    """One message as rows."""

    partition: Partition
    offset: int
    rows: Sequence[tuple[Table, Row]]


@dataclass
class Outcome:
    written: dict[str, int] = field(default_factory=dict)
    duplicates: dict[str, int] = field(default_factory=dict)
    #: What the database refused, and why.
    refused: list[tuple[Entry, str]] = field(default_factory=list)

    def add(self, table: str, given: int, written: int) -> None:
        self.written[table] = self.written.get(table, 0) + written
        self.duplicates[table] = self.duplicates.get(table, 0) + given - written


#: What the content of a row causes: trying again changes nothing.
_CONTENT = (psycopg.DataError, psycopg.IntegrityError)


Result = TypeVar("Result")

_OPTIONS = "-c statement_timeout=30s -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s -c TimeZone=UTC"


class Store:
    """One connection, made when it is needed, dropped when it fails."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: psycopg.Connection[Any] | None = None

    def offsets(self, partitions: Iterable[Partition]) -> dict[Partition, Stored]:
        topics, numbers = _columns(partitions)
        rows = self._run(
            lambda connection: connection.execute(
                "SELECT o.topic, o.partition, o.next_offset, o.skipped, o.topic_id FROM sink_offsets o"
                " JOIN unnest(%s::text[], %s::int[]) AS p(topic, partition) USING (topic, partition)",
                (topics, numbers),
            ).fetchall()
        )
        return {(topic, partition): Stored(*rest) for topic, partition, *rest in rows}

    def begin(self, starts: Mapping[Partition, tuple[Stored | None, Start, str | None]]) -> dict[Partition, int]:
        """Stores where each partition begins, given what `offsets` said and the topic's id; returns totals skipped."""

        def transaction(connection: psycopg.Connection[Any]) -> dict[Partition, int]:
            totals: dict[Partition, int] = {}
            with connection.transaction():
                for (topic, partition), (stored, start, topic_id) in sorted(starts.items()):
                    row = connection.execute(
                        "INSERT INTO sink_offsets AS o (topic, partition, next_offset, skipped, topic_id, updated)"
                        " VALUES (%(topic)s, %(partition)s, %(offset)s, %(skipped)s, %(id)s, now())"
                        " ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset,"
                        " skipped = o.skipped + excluded.skipped, topic_id = coalesce(excluded.topic_id, o.topic_id),"
                        " updated = excluded.updated WHERE o.next_offset = %(before)s RETURNING skipped",
                        {
                            "topic": topic,
                            "partition": partition,
                            "offset": start.offset,
                            "skipped": start.skipped,
                            "id": topic_id,
                            # nobody else can have written meanwhile; -1 is never stored
                            "before": stored.next_offset if stored else -1,
                        },
                    ).fetchone()
                    if row is None:
                        raise Moved(f"{topic}/{partition}")
                    totals[(topic, partition)] = row[0]
            return totals

        return self._run(transaction)

    def write(
        self, entries: Sequence[Entry], before: Mapping[Partition, int], after: Mapping[Partition, int]
    ) -> Outcome:
        """Rows and offsets in one transaction. `before`: what the offsets have to be; `after`: what they become."""
        try:
            return self._run(lambda connection: self._write(connection, entries, before, after, singly=False))
        except _CONTENT as error:
            log.warning(
                "a batch is written message by message: one was refused", messages=len(entries), sqlstate=error.sqlstate
            )
            return self._run(lambda connection: self._write(connection, entries, before, after, singly=True))

    def recent_prices(self, symbol: str, before: datetime) -> list[float]:
        """Of the tickers of the last day before that time, oldest first."""
        rows = self._run(
            lambda connection: connection.execute(
                "SELECT price FROM ticker_data WHERE symbol = %(symbol)s AND time < %(before)s"
                " AND time > %(before)s - interval '1 day' ORDER BY time DESC, sequence DESC LIMIT %(limit)s",
                {"symbol": symbol, "before": before, "limit": WINDOW},
            ).fetchall()
        )
        return [row[0] for row in reversed(rows)]

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _write(
        self,
        connection: psycopg.Connection[Any],
        entries: Sequence[Entry],
        before: Mapping[Partition, int],
        after: Mapping[Partition, int],
        singly: bool,
    ) -> Outcome:
        outcome = Outcome()
        with connection.transaction():
            _claim(connection, before)
            if singly:
                for entry in entries:
                    try:
                        with connection.transaction():
                            part = _insert(connection, [entry])
                    except _CONTENT as error:
                        outcome.refused.append(
                            (entry, f"the database refuses it: {error.diag.message_primary or error.sqlstate}")
                        )
                    else:
                        for table, count in part.written.items():
                            outcome.add(table, count + part.duplicates[table], count)
            else:
                outcome = _insert(connection, entries)
            topics, numbers = _columns(after)
            connection.execute(
                "UPDATE sink_offsets o SET next_offset = p.next_offset, updated = now()"
                " FROM unnest(%s::text[], %s::int[], %s::bigint[]) AS p(topic, partition, next_offset)"
                " WHERE o.topic = p.topic AND o.partition = p.partition",
                (topics, numbers, [after[key] for key in sorted(after)]),
            )
        return outcome

    def _run(self, work: Callable[[psycopg.Connection[Any]], Result]) -> Result:
        """`work` with the connection, which is dropped when anything but the content of rows fails: Unavailable."""
        try:
            if self._connection is None or self._connection.closed:
                self._connection = self._connect()
            return work(self._connection)
        except _CONTENT:
            raise
        except psycopg.Error as error:
            self.close()
            raise Unavailable(_describe(error)) from error

    def _connect(self) -> psycopg.Connection[Any]:
        database = self._database
        return psycopg.connect(
            host=database.host,
            port=database.port,
            dbname=database.name,
            user=database.user,
            password=database.password,
            autocommit=True,
            application_name="market-sink",
            connect_timeout=5,
            # a server that vanished is noticed: milliseconds for data that is not acknowledged, seconds for silence
            tcp_user_timeout=15_000,
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=2,
            options=_OPTIONS,
        )


def _claim(connection: psycopg.Connection[Any], before: Mapping[Partition, int]) -> None:
    """Locks the offsets' rows until the end of the transaction and compares them."""
    topics, numbers = _columns(before)
    rows = connection.execute(
        "SELECT o.topic, o.partition, o.next_offset FROM sink_offsets o"
        " JOIN unnest(%s::text[], %s::int[]) AS p(topic, partition) USING (topic, partition)"
        " ORDER BY o.topic, o.partition FOR UPDATE OF o",
        (topics, numbers),
    ).fetchall()
    found = {(topic, partition): offset for topic, partition, offset in rows}
    if found != dict(before):
        wrong = sorted(key for key in before if found.get(key) != before[key])
        raise Moved(
            ", ".join(
                f"{topic}/{partition} is {found.get((topic, partition))}, not {before[(topic, partition)]}"
                for topic, partition in wrong
            )
        )


def _insert(connection: psycopg.Connection[Any], entries: Sequence[Entry]) -> Outcome:
    by_table: dict[Table, list[Row]] = {}
    for entry in entries:
        for table, row in entry.rows:
            by_table.setdefault(table, []).append(row)
    outcome = Outcome()
    for table, rows in by_table.items():
        columns = [list(column) for column in zip(*rows, strict=True)]
        cursor = connection.execute(_statement(table), columns)
        outcome.add(table.name, len(rows), cursor.rowcount)
    return outcome


def _statement(table: Table) -> sql.Composed:
    names = sql.SQL(", ").join(sql.Identifier(name) for name, _ in table.columns)
    arrays = sql.SQL(", ").join(sql.SQL("%s::{}[]").format(sql.SQL(kind)) for _, kind in table.columns)
    insert = sql.SQL("INSERT INTO {} ({}) SELECT * FROM unnest({}) ON CONFLICT DO NOTHING")
    return insert.format(sql.Identifier(table.name), names, arrays)


def _columns(partitions: Iterable[Partition]) -> tuple[list[str], list[int]]:
    keys = sorted(partitions)
    return [topic for topic, _ in keys], [partition for _, partition in keys]


def _describe(error: psycopg.Error) -> str:
    """One line, with the server's code if there is one. Connection errors name host and user, never the password."""
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}{f' {error.sqlstate}' if error.sqlstate else ''}: {text[0] if text else ''}"
