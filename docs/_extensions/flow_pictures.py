"""The pictures of docs/architecture.md: the way of a sprint, of one sample and of one click. Run it to draw them again."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "architecture"
WIDTH, BOX_LEFT, BOX_WIDTH, BOX_HEIGHT, GAP, TOP = 960, 130, 520, 56, 40, 20
COLOURS = {
    "faces": "#5b6ee1",
    "decisions": "#2e8b57",
    "runs": "#b8651b",
    "workers": "#a23b72",
    "data": "#56707f",
}
"""Colour of a group of rooms."""
GROUPS = {
    "faces": ("cli", "ui", "report"),
    "decisions": ("analysis",),
    "runs": ("runs", "registry"),
    "workers": ("workers", "provision"),
    "data": ("datasets", "results", "capabilities", "metrics", "audio"),
}
"""Group -> the rooms in it."""


@dataclass(frozen=True)
class Step:
    """One box: a dotted name below ``model_lab``, what happens there, what it writes or reads beside, and what it hands on."""

    name: str
    text: str
    beside: str = ""
    hands_on: str = ""

    @property
    def room(self) -> str:
        """The room it is in."""
        return self.name.partition(".")[0]

    @property
    def colour(self) -> str:
        """The colour of its room."""
        return COLOURS[next(group for group, rooms in GROUPS.items() if self.room in rooms)]


PICTURES: dict[str, tuple[str, tuple[Step, ...]]] = {
    "sprint": (
        "The way of a sprint",
        (
            Step("cli.running.sprint", "reads the options of model-lab sprint", "", "sprint file, choice, options"),
            Step("runs.sprint.plan", "which model is evaluated on which dataset", "model and dataset cards", "list of RunSpec"),
            Step(
                "runs.bench.sprint",
                "locks the run folder and leads through the steps below",
                "runs/RUN/manifest.json",
                "RunSpecs",
            ),
            Step("datasets.build.samples", "downloads and builds datasets once; selects the tier", "cache: datasets/", "samples"),
            Step("runs.runner.predict", "skips what is answered; one task per model", "spec.json, questions.jsonl", "tasks"),
            Step("runs.executors.LocalExecutor", "starts tasks as cores and memory become free", "", "cores, GPU"),
            Step(
                "workers.supervisor.WorkerSupervisor",
                "one worker per model; restarts it after a crash",
                "samples.jsonl, sessions.jsonl",
                "answers",
            ),
            Step("runs.judges.judge", "runs judge models on the answers", "judgements/", "judgements"),
            Step(
                "results.scoring.score_cell",
                "counts components, pools them, intervals",
                "components.jsonl, scores.json",
                "scores",
            ),
            Step("analysis.run_report.report", "scorecards: ranks, comparisons, caveats", "", "Report"),
            Step("report.site.write_report", "pages, Markdown, JSON", "runs/RUN/report/"),
        ),
    ),
    "sample": (
        "The way of one sample",
        (
            Step(
                "datasets.manifest.Sample", "a row of the manifest: inputs as paths, reference unread", "manifest.jsonl", "paths"
            ),
            Step(
                "workers.supervisor.WorkerSupervisor",
                "asks a worker; once more if it crashed",
                "",
                "capability, inputs, time limit",
            ),
            Step(
                "workers.client.Worker",
                "host side: sends, waits, measures from outside, kills at the limit",
                "",
                "message over a socket",
            ),
            Step("workers.worker.main", "child process in the model's environment, without network", "", "paths"),
            Step("audio.read_with_notes", "decodes the file to its end; notes what is odd", "sound file", "Audio"),
            Step("capabilities.Capability", "calls the model's function: the loader's Bundle", "models/NAME/loader.py", "answer"),
            Step("capabilities.Capability", "validates the answer: types, ranges, times", "", "answer, latency, memory"),
            Step("results.answers.pack", "encodes it; sound is written to a file", "artifacts/", "SampleResult"),
            Step("results.store.ResultCell", "appends one line and syncs it to disk", "samples.jsonl", "later: stored answers"),
            Step("results.scoring.score_cell", "reads answer and reference", "components.jsonl", "both"),
            Step("metrics.statistics.bootstrap", "pools the components; 95 % interval over clusters", "scores.json"),
        ),
    ),
    "click": (
        "The way of one click: “Try it” in the browser",
        (
            Step("ui.security.SecurityMiddleware", "password, origin of the request, size of the body", "", "request"),
            Step("ui.tabs.inference", "reads the form", "", "capability, models, inputs"),
            Step("ui.inference.question", "checks the upload; the same checks as for a manifest", "incoming folder", "sample"),
            Step("ui.jobs.Jobs", "queues a job; the page follows its log and can stop it", "", "job"),
            Step("ui.inference.work", "model by model, one after another", "", "model, sample"),
            Step("workers.direct.worker", "can it run here? if not, says what is missing", "", "worker"),
            Step("runs.executors.LocalExecutor", "waits for memory", "", "cores"),
            Step("workers.client.Worker", "starts, loads, runs inference, ends (as for one sample)", "", "answer"),
            Step(
                "report.answers_page.write", "page of the answers, with plots and sound", "passing folder of the server", "page"
            ),
            Step("ui.tabs.inference", "shows the page in the browser"),
        ),
    ),
}
"""Name of the file without ``.svg`` -> title and steps."""


def draw(title: str, steps: tuple[Step, ...]) -> str:
    """The steps from top to bottom as SVG: boxes, what is handed on between them, and files beside."""
    height = 2 * TOP + len(steps) * (BOX_HEIGHT + GAP) - GAP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="14">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    for number, step in enumerate(steps):
        parts += _box(step, TOP + number * (BOX_HEIGHT + GAP), last=number == len(steps) - 1)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _box(step: Step, top: int, last: bool) -> list[str]:
    middle, centre, bottom = top + BOX_HEIGHT // 2, BOX_LEFT + BOX_WIDTH // 2, top + BOX_HEIGHT
    parts = [
        f'<rect x="10" y="{middle - 14}" width="104" height="28" rx="14" fill="{step.colour}"/>',
        f'<text x="62" y="{middle + 5}" text-anchor="middle" fill="#ffffff">{escape(step.room)}</text>',
        f'<rect x="{BOX_LEFT}" y="{top}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="6" fill="#f6f8fa" stroke="{step.colour}" stroke-width="2"/>',
        f'<text x="{BOX_LEFT + 14}" y="{top + 23}" font-family="monospace" font-weight="bold" fill="#1f2328">{escape(step.name)}</text>',
        f'<text x="{BOX_LEFT + 14}" y="{top + 44}" fill="#1f2328">{escape(step.text)}</text>',
    ]
    if step.beside:
        right = BOX_LEFT + BOX_WIDTH
        parts += [
            f'<path d="M{right} {middle} h28" stroke="#8b949e" stroke-width="2" stroke-dasharray="4 3"/>',
            f'<text x="{right + 36}" y="{middle + 5}" font-family="monospace" font-size="13" fill="#57606a">{escape(step.beside)}</text>',
        ]
    if not last:
        parts += [
            f'<path d="M{centre} {bottom} v{GAP - 8}" stroke="#57606a" stroke-width="2"/>',
            f'<path d="M{centre - 6} {bottom + GAP - 10} h12 l-6 9 z" fill="#57606a"/>',
            f'<text x="{centre + 14}" y="{bottom + GAP // 2 + 4}" font-size="13" fill="#57606a">{escape(step.hands_on)}</text>',
        ]
    return parts


def main() -> None:
    """Draw all pictures into the documentation."""
    FOLDER.mkdir(exist_ok=True)
    for name, (title, steps) in PICTURES.items():
        (FOLDER / f"{name}.svg").write_text(draw(title, steps), "utf-8")


if __name__ == "__main__":
    main()
