"""Parquet files on the hub, read by row groups over range requests: only the columns that are needed, every byte counted.

No audio is decoded here: a sound column is stored as ``{bytes, path}``, with or without the hub's feature metadata.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from model_lab import hub_errors
from model_lab.datasets import class_labels
from model_lab.datasets.card import HubSource
from model_lab.datasets.hub.repository import Listing, Shard
from model_lab.datasets.shuffling import rank
from model_lab.errors import BadManifest, nearest

ROWS_AT_ONCE = 16
"""Rows that are decoded together, which bounds the memory that long recordings take."""


class CountedFile(io.RawIOBase):
    """A remote file whose bytes are counted as they are read, in ``meter.bytes``."""

    def __init__(self, remote: Any, meter: Meter) -> None:
        self._remote, self._meter = remote, meter

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move the position; nothing is read."""
        return int(self._remote.seek(offset, whence))

    def tell(self) -> int:
        """The position."""
        return int(self._remote.tell())

    def read(self, size: int = -1) -> bytes:
        """The next ``size`` bytes, one range request."""
        data: bytes = self._remote.read(size)
        self._meter.bytes += len(data)
        return data

    def close(self) -> None:
        """Close the remote file."""
        self._remote.close()
        super().close()


@dataclass
class Meter:
    """Bytes received so far."""

    bytes: int = 0


@dataclass(frozen=True)
class RowGroup:
    """A row group of a shard: its number, rows, and the bytes of the columns that are needed."""

    shard: Shard
    number: int
    rows: int
    size: int

    @property
    def name(self) -> str:
        """A folder name, unique within the dataset."""
        return f"{hashlib.sha256(self.shard.path.encode()).hexdigest()[:10]}-{self.number:05d}"


@dataclass(frozen=True)
class Row:
    """A row of a table: its values by column, where it is, for messages, and the class names of its columns."""

    values: Mapping[str, Any] = field(repr=False)
    origin: str
    part: int
    classes: Mapping[str, tuple[str, ...]] = field(repr=False)


class Tables:
    """The shards of a listing, opened when they are needed."""

    def __init__(self, source: HubSource, listing: Listing, meter: Meter | None = None) -> None:
        self.source, self.listing, self.meter = source, listing, meter or Meter()
        self._files: dict[str, Any] = {}

    def names(self) -> list[str]:
        """The columns of the table."""
        return list(self._file(self.listing.shards[0]).schema_arrow.names)

    def row_groups(self) -> Iterator[RowGroup]:
        """All row groups with rows in an order that the repository decides by chance, and the same everywhere.

        It takes turns over the shards (and so over the parts), in the order of a hash; within a shard too. Shards are opened only
        as far as the iteration goes.
        """
        shards = sorted(self.listing.shards, key=lambda shard: rank(shard.path))
        parts: dict[int, list[Shard]] = {}
        for shard in shards:
            parts.setdefault(shard.part, []).append(shard)
        turns = [mine[turn] for turn in range(max(map(len, parts.values()))) for mine in parts.values() if turn < len(mine)]
        for turn in count():
            there = [shard for shard in turns if turn < self._file(shard).metadata.num_row_groups]
            if not there:
                return
            yield from (group for shard in there if (group := self._row_group(shard, turn)).rows)

    def rows(self, group: RowGroup, columns: Sequence[str] = ()) -> Iterator[Row]:
        """The rows of a row group, with these columns (none: those that the card's source needs); a few at a time are decoded.

        Raises:
            BadManifest: The file is damaged.
            NotRunnable: The hub refuses it.
        """
        file, classes, at = self._file(group.shard), self._classes(group.shard), self._at(group.shard)
        number = 0
        needed = list(columns) or self._columns(group.shard)
        batches = file.iter_batches(batch_size=ROWS_AT_ONCE, row_groups=[group.number], columns=needed)
        while True:
            with self._reading(group.shard):
                batch = next(batches, None)
            if batch is None:
                break
            for values in batch.to_pylist():
                yield Row(values, f"{at}, row group {group.number}, row {number}", group.shard.part, classes)
                number += 1
        if number != group.rows:
            raise BadManifest(f"{at}: row group {group.number} has {number} rows; expected {group.rows}, as it states itself")

    def close(self) -> None:
        """Close all files."""
        for file in self._files.values():
            file.close()

    def _row_group(self, shard: Shard, turn: int) -> RowGroup:
        metadata = self._file(shard).metadata
        numbers = sorted(range(metadata.num_row_groups), key=lambda number: rank(f"{shard.path}:{number}"))
        group = metadata.row_group(numbers[turn])
        needed = set(self._columns(shard))
        chunks = (group.column(number) for number in range(group.num_columns))
        size = sum(chunk.total_compressed_size for chunk in chunks if chunk.path_in_schema.partition(".")[0] in needed)
        return RowGroup(shard, numbers[turn], group.num_rows, size)

    def _file(self, shard: Shard) -> Any:
        """The opened shard; its footer has been read, and its columns are those that the card names."""
        if shard.path not in self._files:
            from huggingface_hub import HfFileSystem
            from pyarrow import parquet

            address = f"datasets/{self.source.repository}@{self.listing.commit}/{shard.path}"
            with self._reading(shard):
                remote = HfFileSystem().open(address, "rb", cache_type="none")
                file = parquet.ParquetFile(CountedFile(remote, self.meter), pre_buffer=True, page_checksum_verification=True)
            self._require_columns(shard, file.schema_arrow.names)
            self._files[shard.path] = file
        return self._files[shard.path]

    def _reading(self, shard: Shard) -> _Reading:
        return _Reading(self, self._at(shard))

    def _at(self, shard: Shard) -> str:
        return f"{self.source.repository}, {shard.path}"

    def _columns(self, shard: Shard) -> list[str]:
        """The columns of the table that the card's source needs."""
        made_of = [*self.source.columns.values(), *([self.source.merge.key] if self.source.merge else [])]
        wanted = [name for made in made_of for name in made.read]
        return list(dict.fromkeys([*wanted, *self.source.where]))

    def _require_columns(self, shard: Shard, names: Sequence[str]) -> None:
        for wanted in self._columns(shard):
            if wanted not in names:
                raise BadManifest(
                    f"{self._at(shard)} has no column {wanted!r}{nearest(wanted, names)}; it has: {', '.join(names)}: correct the card, or "
                    "pin the revision that had it"
                )

    def _classes(self, shard: Shard) -> dict[str, tuple[str, ...]]:
        """Class names by column: the file's own, else those of the repository's README."""
        return {**self.listing.classes, **class_labels.of_schema(self._file(shard).schema_arrow.metadata)}


class _Reading:
    """Translates what goes wrong while a shard is read."""

    def __init__(self, tables: Tables, at: str) -> None:
        source = tables.source
        self._at = at
        self._hub = hub_errors.explained(source.repository, source.revision, source.url)

    def __enter__(self) -> None:
        self._hub.__enter__()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> bool:
        import pyarrow

        damaged_page = type(error) is OSError and error.errno is None
        if damaged_page or isinstance(error, pyarrow.ArrowException):
            self._hub.__exit__(None, None, None)
            reason = " ".join(str(error).split())[:200]
            raise BadManifest(f"{self._at} is damaged ({reason}); fetch it again, or report it to its authors") from None
        return bool(self._hub.__exit__(kind, error, trace))
