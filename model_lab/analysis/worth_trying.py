"""Models that were not run here, whose published numbers are better than those published of models that were.

A published number is compared with nothing but published numbers: of the same quantity, by the same stated scorer, on the same data and
split. What was measured here ranks these models nowhere, and they rank none of those.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from model_lab import capabilities
from model_lab.analysis.licences import licence, marks, verification
from model_lab.analysis.links import to_model
from model_lab.analysis.published import PublishedNumber
from model_lab.analysis.schema import Scorecard
from model_lab.analysis.table_cells import Shown, Value
from model_lab.analysis.use_cases import UseCase
from model_lab.contract import ModelCard
from model_lab.provision import measured_memory

_Protocol = tuple[str, str, str, str]
"""What two published numbers must have in common: our metric, scorer, data with split, and unit."""


@dataclass(frozen=True)
class PublishedPair:
    """Published numbers of a model that was not run here and of ``anchor``, one that was: same metric, scorer, data and split.

    ``anchor_models``: our models of the anchor's weights that were run.
    """

    fact: PublishedNumber
    anchor: PublishedNumber
    anchor_models: tuple[str, ...]
    better: bool

    def __str__(self) -> str:
        anchors = " and ".join(self.anchor_models)
        return f"{self.fact.amount} {self.fact.table.metric} on {self.fact.data}, against {self.anchor.amount} published of {anchors}"


@dataclass(frozen=True)
class WorthTrying:
    """A model to try: its published numbers beside those of the best published model that was run here, and what running it takes."""

    capability: str
    card: ModelCard
    pairs: tuple[PublishedPair, ...]
    dataset: str

    @property
    def model(self) -> str:
        """Its name here."""
        return self.card.name

    @property
    def first(self) -> PublishedPair:
        """The first better number, in the order of the file."""
        return next(pair for pair in self.pairs if pair.better)

    @property
    def because(self) -> str:
        """Why it is worth trying: a pair of numbers, and on how many data sets the same holds."""
        others = len(self.pairs) - 1
        better = sum(pair.better for pair in self.pairs)
        count = f"; better on {better} of {len(self.pairs)} data sets with both" if others else ""
        return f"{self.first}{count}"

    @property
    def source(self) -> str:
        """Where the number of `first` was published, and how it was scored."""
        fact = self.first.fact
        return f"{fact.source.title} ({fact.source.date or 'undated'}); scorer: {fact.table.scorer}"

    @property
    def takes(self) -> str:
        """What it takes: download, memory, devices, conditions, licence, and how far its loader was verified."""
        card = self.card
        sizes = [repository.size_gb for repository in card.weights.repositories.values()]
        known = [size for size in sizes if size is not None]
        download = f"{sum(known):.1f} GB to download" if sizes and len(known) == len(sizes) else ""
        parameters = f"{card.parameters / 1e6:,.0f} million parameters" if card.parameters else ""
        memory = f"about {measured_memory.stated_gb(card):.1f} GB of memory on {card.devices[0]}"
        needed = (parameters, download, memory, f"runs on {' or '.join(card.devices)}", f"licence {licence(card)}", *marks(card))
        return "; ".join(filter(None, [*needed, verification(card)]))

    @property
    def command(self) -> str:
        """The commands that run it on data that was evaluated here."""
        trust = f" --trust {self.model}" if self.card.trust_remote_code else ""
        return f"model-lab setup {self.model} && model-lab fetch {self.model} && model-lab run {self.model} {self.dataset}{trust}"

    def shown(self) -> Shown:
        """As a table row for display."""
        first = self.first
        return {
            "model": to_model(self.model),
            "capability": self.capability,
            "published": Value(first.fact.amount, first.fact.value),
            "against": Value(f"{first.anchor.amount} ({', '.join(first.anchor_models)})", first.anchor.value),
            "metric": first.fact.table.metric,
            "on": str(first.fact.data),
            "better on": f"{sum(pair.better for pair in self.pairs)} of {len(self.pairs)} data sets",
            "scorer": first.fact.table.scorer or "",
            "source": f"{first.fact.source.title} ({first.fact.source.date or 'undated'})",
            "takes": self.takes,
            "command": self.command,
        }

    def plain(self) -> dict[str, object]:
        """As JSON, with every pair of numbers."""
        return {
            "model": self.model,
            "capability": self.capability,
            "because": self.because,
            "published": [
                {
                    "metric": pair.fact.table.metric,
                    "unit": pair.fact.table.unit,
                    "on": str(pair.fact.data),
                    "scorer": pair.fact.table.scorer,
                    "value": pair.fact.value,
                    "source": pair.fact.source.title,
                    "date": pair.fact.source.date,
                    "against": {
                        "models": list(pair.anchor_models),
                        "value": pair.anchor.value,
                        "source": pair.anchor.source.title,
                    },
                    "better": pair.better,
                }
                for pair in self.pairs
            ],
            "takes": self.takes,
            "gated": self.card.gated,
            "command": self.command,
        }


def worth_trying(
    facts: Iterable[PublishedNumber], cards: Sequence[Scorecard], models: Iterable[ModelCard], capability: str = ""
) -> tuple[WorthTrying, ...]:
    """Models without a score in ``cards``, in capabilities with scores (all, or ``capability``), that published numbers speak for.

    A model is listed if its published number is better than that of the best model with both a published number and a score here, on more
    than half of the data on which there are both. Models that cannot run here at all are left out. In the order of the file.
    """
    by_name, facts = {card.name: card for card in models}, tuple(facts)
    return tuple(
        found
        for card in cards
        if capability in ("", card.capability)
        for found in _of_capability(card, by_name, [fact for fact in facts if fact.table.capability == card.capability])
    )


def within_limits(found: Iterable[WorthTrying], case: UseCase) -> tuple[WorthTrying, ...]:
    """Those for the needs of a use case that its limits of licence, memory and device do not rule out."""
    return tuple(
        one
        for one in found
        if one.capability in case.needs
        and one.card.licence.allows(case.licence)
        and case.device in (None, *one.card.devices)
        and (case.max_memory_gb is None or measured_memory.stated_gb(one.card) <= case.max_memory_gb)
    )


def _of_capability(card: Scorecard, models: Mapping[str, ModelCard], facts: Sequence[PublishedNumber]) -> Iterator[WorthTrying]:
    scored = [(table, row) for table in card.tables for row in table.rows if row.is_model and table.score(row)]
    if not scored:
        return
    run_here = {row.model.partition("@")[0] for _, row in scored}
    dataset = max((table for table, _ in scored), key=lambda table: table.data.n_samples or 0).data.name
    anchors = _anchors(facts, run_here)
    for name in dict.fromkeys(name for fact in facts for name in fact.registered if name not in run_here):
        model = models.get(name)
        if model is None or model.unsupported_reason or card.capability not in model.capabilities:
            continue
        pairs = tuple(_pairs([fact for fact in facts if name in fact.registered], anchors, run_here))
        if 2 * sum(pair.better for pair in pairs) > len(pairs):
            yield WorthTrying(card.capability, model, pairs, dataset)


def _anchors(facts: Iterable[PublishedNumber], run_here: set[str]) -> dict[_Protocol, PublishedNumber]:
    """By protocol the best published number of a model that was run here."""
    best: dict[_Protocol, PublishedNumber] = {}
    for fact in facts:
        protocol = _protocol(fact)
        if protocol and run_here & set(fact.registered) and (protocol not in best or _is_better(fact, best[protocol])):
            best[protocol] = fact
    return best


def _pairs(
    facts: Iterable[PublishedNumber], anchors: Mapping[_Protocol, PublishedNumber], run_here: set[str]
) -> Iterator[PublishedPair]:
    for fact in facts:
        protocol = _protocol(fact)
        if protocol and (anchor := anchors.get(protocol)):
            models = tuple(name for name in anchor.registered if name in run_here)
            yield PublishedPair(fact, anchor, models, _is_better(fact, anchor))


def _protocol(fact: PublishedNumber) -> _Protocol | None:
    """None where the source does not state scorer and data, or the number is of no metric that says which of two is better."""
    table = fact.table
    scorer = table.scorer_id or table.scorer
    return (table.ours, scorer, str(fact.data), table.unit) if scorer and fact.data.dataset and _rises(fact) is not None else None


def _rises(fact: PublishedNumber) -> bool | None:
    """Whether a higher value is better; None if the number is of no metric here."""
    usable = capabilities.usable(fact.table.capability)
    metric = next((metric for metric in usable.metrics if metric.name == fact.table.ours), None) if usable else None
    return metric.higher_is_better if metric else None


def _is_better(fact: PublishedNumber, other: PublishedNumber) -> bool:
    return fact.value > other.value if _rises(fact) else fact.value < other.value
