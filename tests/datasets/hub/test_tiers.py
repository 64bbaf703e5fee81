"""Which rows a tier takes: parts of one another, from several shards, within the limit."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_lab.datasets import build
from model_lab.datasets.card import DatasetCard, Tier
from model_lab.datasets.hub import fetching, tiers
from model_lab.datasets.hub.repository import Shard
from model_lab.datasets.hub.tables import RowGroup
from model_lab.errors import NotRunnable
from model_lab.schemas import parse
from tests.conftest import DATASET_CARD
from tests.dataset_hub import DatasetHub, Repository
from tests.datasets.hub.layouts._tables import AUDIO, STRING, audio, numbered, shards

FOOTER_BYTES = 1 << 16
"""What Arrow reads at the end of a file to find its footer."""

SOURCE = {
    "kind": "hub",
    "repository": "acme/voices",
    "parts": [{"split": "test"}],
    "columns": {"audio": "audio", "text": "text"},
}


def card(smoke: int, standard: int, full: int = 0) -> DatasetCard:
    sizes = {"smoke": smoke, "standard": standard, "full": full}
    return parse(DatasetCard, DATASET_CARD | {"name": "voices", "source": SOURCE, "tiers": sizes}, "voices.yaml")


def published(hub: DatasetHub, rows: int, count: int = 4) -> int:
    """A repository of so many rows and shards; returns the bytes of its files."""
    table = [{"audio": audio(number, seconds=2.0), "text": f"row {number}"} for number in range(rows)]
    files = shards(numbered("data/test", count), {"audio": AUDIO, "text": STRING}, table)
    hub.repositories["acme/voices"] = Repository(files)
    return sum(map(len, files.values()))


def test_tiers_are_parts_of_one_another(hub: DatasetHub) -> None:
    published(hub, 40)
    mine, texts = card(6, 15), {}
    for tier in get_args(Tier):
        build.materialise(mine, tier=tier)
        texts[tier] = [sample.row["text"] for sample in build.samples(mine, tier)]
    assert [len(texts[tier]) for tier in get_args(Tier)] == [6, 15, 40]
    assert texts["standard"][:6] == texts["smoke"] and texts["full"][:15] == texts["standard"]
    assert len(set(texts["full"])) == 40


def test_larger_tiers_keep_what_smaller_ones_fetched(hub: DatasetHub) -> None:
    published(hub, 40)
    mine = card(6, 30)
    build.materialise(mine, tier="smoke")
    hub.sent = 0
    build.materialise(mine, tier="standard")
    smoke, standard = (fetching.fetched(build.folder(mine), tier) for tier in ("smoke", "standard"))
    assert smoke and standard and 0 < smoke.planned_bytes < standard.planned_bytes
    assert hub.sent <= standard.planned_bytes - smoke.planned_bytes + 4 * FOOTER_BYTES


def test_rows_come_from_several_shards(hub: DatasetHub) -> None:
    published(hub, 40)
    build.materialise(card(6, 15), tier="smoke")
    numbers = [int(sample.row["text"].split()[1]) for sample in build.samples(card(6, 15), "smoke")]
    assert len({number // 10 for number in numbers}) >= 3
    assert sorted(numbers) != list(range(6))


def test_no_more_is_sent_than_the_limit(hub: DatasetHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sizes are those that the files state; what the hub sent agrees with them."""
    whole = published(hub, 60)
    limit = whole / 4
    monkeypatch.setitem(tiers.LIMITS_MB, "smoke", limit / 1e6)
    mine = card(50, 55)
    build.materialise(mine, tier="smoke")
    report = fetching.fetched(build.folder(mine), "smoke")
    assert report and 0 < report.planned_bytes <= limit and report.received_bytes == hub.sent
    assert hub.sent <= limit + 4 * FOOTER_BYTES < whole
    assert report.samples == 2 * report.row_groups < 50


def test_columns_that_the_card_does_not_use_are_not_fetched(hub: DatasetHub) -> None:
    columns = {"audio": AUDIO, "text": STRING, "spare": AUDIO}
    table = [
        {"audio": audio(number), "text": f"row {number}", "spare": audio(number + 20, form="WAV", seconds=8.0)}
        for number in range(8)
    ]
    files = shards("data/test-00000-of-00001.parquet", columns, table)
    hub.repositories["acme/voices"] = Repository(files)
    build.materialise(card(0, 0), tier="full")
    assert hub.sent < sum(map(len, files.values())) / 4


groups_of_a_dataset = st.lists(st.tuples(st.integers(0, 4), st.integers(1, 30), st.integers(1, 400)), min_size=1, max_size=25)


@given(groups_of_a_dataset, st.integers(0, 60), st.integers(0, 200))
def test_choice(sizes: list[tuple[int, int, int]], smoke: int, more: int) -> None:
    """Of any row groups: the number wanted at most, no row twice, the limit kept, smaller tiers first, the same each time."""
    listed = [
        RowGroup(Shard(f"data/{shard}.parquet", 10**9, 0), number, rows, megabytes * 10**6)
        for number, (shard, rows, megabytes) in enumerate(sizes)
    ]
    mine = card(smoke, smoke + more if smoke else 0)
    chosen = {}
    for tier in get_args(Tier):
        limit = tiers.LIMITS_MB[tier] * 1e6
        if min(group.size for group in listed) > limit:
            with pytest.raises(NotRunnable, match="choose --tier"):
                tiers.choose(mine, tier, listed)
            continue
        places = chosen[tier] = tiers.choose(mine, tier, listed)
        assert places == tiers.choose(mine, tier, iter(listed))
        assert len(set(places)) == len(places) and tiers.size_of(places) <= limit
        assert all(place.number < place.group.rows for place in places)
        assert len(places) <= (mine.tiers[tier] or sum(group.rows for group in listed))
    assert len(chosen["full"]) == sum(group.rows for group in listed)
    if smoke and {"smoke", "standard"} <= set(chosen):
        assert chosen["standard"][: len(chosen["smoke"])] == chosen["smoke"]
        assert chosen["full"][: len(chosen["standard"])] == chosen["standard"]
