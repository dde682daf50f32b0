"""Read the folder of a scan; it is never changed, and reloaded when the scan was resumed."""

import json
from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from mouse_dashboard.scan.compare import ScanNumbers
from mouse_dashboard.scan.issue import LOSS
from mouse_dashboard.scan.scan_marker import FORMAT, MARK
from mouse_dashboard.schema.errors import ApiError

Row = dict[str, Any]
ALL = ""
"""Stands where others name a shard: all of them together."""


class SavedScan:
    """The tables of a saved scan."""

    def __init__(self, folder: Path, name: str) -> None:
        """Read the scan's metadata.

        Args:
            folder: where it lies.
            name: what messages call it.

        Raises:
            ApiError: 422, there is no scan in the folder.
        """
        self.folder = folder
        self._name = name
        try:
            self.facts: Mapping[str, Any] = json.loads((folder / MARK).read_bytes())
            self.format = int(self.facts.get("format", 1))
            self.complete = bool(self.facts["complete"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise self._missing() from error

    def require_current(self) -> None:
        """Refuse a folder whose tables lack columns that the page shows.

        Raises:
            ApiError: 422, it was written by another version.
        """
        if self.format != FORMAT:
            raise ApiError(
                422,
                "other_scan_format",
                f"{self._name}: found tables of format {self.format}, expected {FORMAT}; run the same mouse scan"
                " into the same folder again.",
            )

    def table(self, name: str, *columns: str) -> Any:
        """Read a table, or some columns of it, as pyarrow's.

        Raises:
            ApiError: 422, it is missing or broken.
        """
        import pyarrow.parquet as pq  # noqa: PLC0415  40 MB, which a dashboard without scans does not need

        try:
            return cast("Any", pq).read_table(self.folder / f"{name}.parquet", columns=list(columns) or None)
        except (OSError, ValueError) as error:  # pyarrow's own errors are one or the other
            raise self._missing() from error

    def columns(self, name: str, *columns: str) -> list[list[Any]]:
        """Some columns of a table: of tables with many rows for each shard, rows as objects take seconds.

        Raises:
            ApiError: 422, the table is missing or broken.
        """
        return [column.to_pylist() for column in self.table(name, *columns).columns]

    def distinct(self, name: str, *columns: str) -> list[Row]:
        """Values of some columns of a table that stand in one row, each once.

        Raises:
            ApiError: 422, the table is missing or broken.
        """
        return self.table(name, *columns).group_by(list(columns), use_threads=False).aggregate([]).to_pylist()

    def rows(self, name: str, **equal: str | bool) -> list[Row]:
        """Rows of a table whose columns have these values.

        Raises:
            ApiError: 422, the table is missing or broken.
        """
        import pyarrow.compute as pc  # noqa: PLC0415

        table, compute = self.table(name), cast("Any", pc)  # it has no types
        for column, value in equal.items():
            if column not in table.column_names:
                return []
            table = table.filter(compute.equal(table[column], value))
        return table.to_pylist()

    @cached_property
    def shards(self) -> list[Row]:
        """Shards by rank, those with the most issues first."""
        return self.rows("shards")

    @cached_property
    def issues(self) -> dict[str, list[Row]]:
        """Issues of each shard, the worst first, without those that most shards have."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows("issues", in_most_shards=False):
            found[row["shard"]].append(row)
        return dict(found)

    @cached_property
    def checks(self) -> dict[str, set[str]]:
        """The checks with findings in each shard, including those that most shards have."""
        found: dict[str, set[str]] = defaultdict(set)
        for shard, check in zip(*self.columns("issues", "shard", "check"), strict=True):
            found[shard].add(check)
        return dict(found)

    @cached_property
    def ranks(self) -> dict[str, int]:
        """Rank of each shard."""
        return {row["shard"]: row["rank"] for row in self.shards}

    @cached_property
    def worst(self) -> list[Row]:
        """The worst places of each loss."""
        return self.rows("worst")

    @cached_property
    def means(self) -> dict[tuple[str, str], float]:
        """Mean of each loss by shard, and of all under an empty name."""
        return {
            (shard, quantity.removesuffix(LOSS)): mean
            for shard, quantity, mean in zip(*self.columns("distributions", "shard", "quantity", "mean"), strict=True)
            if quantity.endswith(LOSS)
        }

    @cached_property
    def deviations(self) -> dict[str, tuple[float, str]]:
        """The largest distance of each shard from all others, and of which quantity."""
        found: dict[str, tuple[float, str]] = {}
        for shard, distance, quantity in zip(*self.columns("histograms", "shard", "distance", "quantity"), strict=True):
            if distance is not None:
                found[shard] = max(found.get(shard, (0.0, "")), (distance, quantity))
        return found

    def numbers(self) -> ScanNumbers:
        """What is compared with another scan.

        Raises:
            ApiError: 422, a table is missing or broken.
        """
        classes = {
            (row["loss"], row["grouping"], row["class"]): row["mean"]
            for row in self.rows("classes", shard=ALL)
            if row["mean"] is not None
        }
        columns = self.columns("issues", "shard", "check", "quantity", "message")
        issues = {(shard, check, quantity): message for shard, check, quantity, message in zip(*columns, strict=True)}
        return ScanNumbers(self.means, classes, issues)

    def _missing(self) -> ApiError:
        expected = "expected the --out folder of a mouse scan that has ended"
        return ApiError(422, "no_scan", f"{self._name}: found no scan there, {expected}.")
