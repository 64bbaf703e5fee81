"""Our metrics against the benchmarks' own programs and libraries, on answers that do not change."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from model_lab.metrics import bss_eval, labels, open_asr, segments, signals, speaker, text
from model_lab.metrics._base import Metric, pool
from model_lab.metrics.segments import SpeakerTruth
from model_lab.types import Audio, Label, Segment, Transcript, Turn

SCTK = Path("/usr/lib/sctk/bin")
needs_sctk = pytest.mark.skipif(not (SCTK / "sclite").exists(), reason="SCTK is missing; as root run: apt-get install sctk")

SENTENCES = (
    "The white paper on data bases is here.",
    "Mr. Smith can't pay $20 million before the 3rd of May!",
    "He said it's colour, not color; we'll see.",
    "uh, I mean, hmm, twenty five or six to four",
    "[laughter] she left (inaudible) at ten o'clock",
    "It does not matter whether you are right or wrong",
    "no",
    "the cat sat on the mat and the dog lay on the rug",
    "a quick brown fox jumps over the lazy dog near the river bank",
    "Where there is a will there is a way, they say.",
)


def spoiled(sentence: str, number: int) -> str:
    """``sentence`` with deletions, insertions, substitutions, repetitions, and joined and split words, by ``number``."""
    words = sentence.split()
    place = number % len(words)
    edits = (
        [*words[:place], *words[place + 1 :]],
        [*words[:place], "really", *words[place:]],
        [*words[:place], "other", *words[place + 1 :]],
        ["".join(words[:2]), *words[2:]],
        [*words[:place], words[place][:2], words[place][2:], *words[place + 1 :]],
        [*words, *words[-2:]],
    )
    return " ".join(edits[number % len(edits)])


PAIRS = [(sentence, spoiled(sentence, number)) for number in range(6) for sentence in SENTENCES]
"""60 pairs of a reference and what was recognised."""

LEFT_OUT = [("", "something"), ("(uh) hmm", "yes"), ("Ignore time segment in scoring", "so be it")]
"""Pairs that the leaderboard does not count."""


def pooled(metric: Metric, pairs: Sequence[tuple[str, str]]) -> dict[str, float]:
    return pool(metric.components(Transcript(reference), Transcript(hypothesis)) for reference, hypothesis in pairs)


def leaderboard(pairs: Sequence[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """Both sides as the leaderboard hands them to its error rate."""
    from whisper_normalizer.english import EnglishTextNormalizer

    normalise = EnglishTextNormalizer()
    sides = [(normalise(reference), normalise(hypothesis)) for reference, hypothesis in pairs]
    kept = [side for side in sides if side[0].strip() not in ("", "ignore time segment in scoring")]
    return [reference for reference, _ in kept], [hypothesis for _, hypothesis in kept]


def test_open_asr_is_the_leaderboards_normaliser_and_jiwer() -> None:
    import jiwer

    parts = pooled(open_asr.OPEN_ASR_WER, [*PAIRS, *LEFT_OUT])
    references, hypotheses = leaderboard([*PAIRS, *LEFT_OUT])
    assert len(references) == len(PAIRS)
    expected = jiwer.process_words(references, hypotheses)
    assert [parts[kind] for kind in ("substitutions", "deletions", "insertions")] == [
        expected.substitutions,
        expected.deletions,
        expected.insertions,
    ]
    assert open_asr.OPEN_ASR_WER.value(parts) == expected.wer > 0


def test_open_asr_with_compounds_is_kaldialign_over_the_corpus() -> None:
    from kaldialign import batch_error_rate

    parts = pooled(open_asr.OPEN_ASR_COMPOUND_WER, [*PAIRS, *LEFT_OUT])
    references, hypotheses = (tuple(tuple(side.split()) for side in sides) for sides in leaderboard([*PAIRS, *LEFT_OUT]))
    expected = batch_error_rate(references, hypotheses, merge_compounds=True)
    assert parts == {
        "substitutions": expected["sub"],
        "deletions": expected["del"],
        "insertions": expected["ins"],
        "words": expected["ref_len"],
    }
    assert open_asr.OPEN_ASR_COMPOUND_WER.value(parts) == expected["err_rate"]
    assert expected["err_rate"] < open_asr.OPEN_ASR_WER.value(pooled(open_asr.OPEN_ASR_WER, PAIRS))


@pytest.mark.parametrize("metric", [open_asr.OPEN_ASR_WER, open_asr.OPEN_ASR_COMPOUND_WER], ids=lambda metric: metric.name)
def test_open_asr_counts_english_alone_and_no_empty_reference(metric: Metric) -> None:
    for reference, hypothesis in LEFT_OUT:
        assert not metric.counts(metric.components(Transcript(reference), Transcript(hypothesis)))
    assert not metric.counts(metric.components(Transcript("Guten Tag", language="de"), Transcript("guten Tag")))
    assert metric.counts(metric.components(Transcript("Good day", language="en-GB"), Transcript("")))


def test_open_asr_folds_no_typography_and_our_own_rate_does() -> None:
    curly = Transcript("I don’t know"), Transcript("I don't know")
    assert open_asr.OPEN_ASR_WER.score(*curly) > 0 == text.WER.score(*curly)


@pytest.mark.system
@needs_sctk
def test_word_errors_are_those_of_sclite(tmp_path: Path) -> None:
    sides = [[text.normalise(side) for side in pair] for pair in PAIRS]
    for place, name in enumerate(("ref", "hyp")):
        (tmp_path / name).write_text("".join(f"{pair[place]} (spk_{number:03d})\n" for number, pair in enumerate(sides)))
    command = [str(SCTK / "sclite"), "-r", "ref", "trn", "-h", "hyp", "trn", "-i", "rm", "-o", "rsum", "stdout"]
    output = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    [numbers] = re.findall(r"^\s*\|\s*Sum\s*\|\s*(\d.*)\|", output, re.MULTILINE)
    sentences, words, _, substitutions, deletions, insertions, errors, _ = map(int, numbers.replace("|", " ").split())
    parts = pooled(text.WER, PAIRS)
    assert (sentences, words) == (len(PAIRS), parts["words"])
    assert errors == parts["substitutions"] + parts["deletions"] + parts["insertions"]
    assert substitutions + deletions + insertions == errors > 40
    assert text.WER.value(parts) == errors / words


def turns(*listed: tuple[float, float, str]) -> tuple[Turn, ...]:
    return tuple(Turn(start, end, who) for start, end, who in listed)


MEETINGS = {
    "two speakers, late and early": (
        SpeakerTruth(turns((0.5, 4.0, "ann"), (4.5, 9.0, "bob"), (9.2, 12.0, "ann")), (Segment(0, 13),)),
        turns((0.7, 4.3, "x"), (4.6, 8.1, "y"), (9.0, 12.5, "x")),
    ),
    "overlapped speech": (
        SpeakerTruth(turns((0.0, 6.0, "ann"), (4.0, 9.0, "bob"), (8.5, 14.0, "cem")), (Segment(0, 15),)),
        turns((0.2, 5.5, "1"), (5.0, 9.4, "2"), (9.0, 13.0, "3")),
    ),
    "one speaker taken for two": (
        SpeakerTruth(turns((1.0, 11.0, "ann"), (12.0, 18.0, "bob")), (Segment(0, 20),)),
        turns((1.0, 5.0, "a"), (5.5, 11.2, "b"), (12.4, 17.5, "c")),
    ),
    "two speakers taken for one, false alarm": (
        SpeakerTruth(turns((2.0, 6.0, "ann"), (7.0, 10.0, "bob")), (Segment(0, 16),)),
        turns((0.0, 10.5, "z"), (13.0, 15.0, "z")),
    ),
    "parts of the recording are scored": (
        SpeakerTruth(
            turns((0.0, 5.0, "ann"), (5.0, 10.0, "bob"), (10.0, 20.0, "ann"), (12.0, 14.0, "bob")),
            (Segment(1, 7), Segment(9, 17)),
        ),
        turns((0.0, 4.0, "s1"), (4.0, 11.0, "s2"), (11.5, 20.0, "s1"), (12.5, 14.5, "s3")),
    ),
    "three speakers at once": (
        SpeakerTruth(turns((0.0, 8.0, "ann"), (2.0, 6.0, "bob"), (3.0, 5.0, "cem")), (Segment(0, 9),)),
        turns((0.0, 7.5, "p"), (2.5, 5.5, "q")),
    ),
}
"""Recordings by what is special about them: the reference, with what is scored, and the answer."""


def md_eval(folder: Path, reference: SpeakerTruth, answer: Sequence[Turn], *options: str) -> dict[str, float]:
    """Seconds as NIST's md-eval counts them, which dscore runs too."""
    for name, listed in (("ref.rttm", reference.turns), ("sys.rttm", answer)):
        lines = (
            f"SPEAKER rec 1 {turn.start:.3f} {turn.end - turn.start:.3f} <NA> <NA> {turn.speaker} <NA> <NA>\n" for turn in listed
        )
        (folder / name).write_text("".join(lines))
    (folder / "rec.uem").write_text("".join(f"rec 1 {part.start:.3f} {part.end:.3f}\n" for part in reference.uem))
    command = ["perl", str(SCTK / "md-eval.pl"), *options, "-u", "rec.uem", "-r", "ref.rttm", "-s", "sys.rttm"]
    output = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
    names = {"speech": "SCORED SPEAKER TIME", "miss": "MISSED SPEAKER TIME", "false_alarm": "FALARM SPEAKER TIME"}
    names |= {"confusion": "SPEAKER ERROR TIME"}
    found = {name: re.search(rf"{title}\s*=\s*([\d.]+) secs", output) for name, title in names.items()}
    return {name: float(match[1]) for name, match in found.items() if match}


@pytest.mark.system
@needs_sctk
@pytest.mark.parametrize(
    ("metric", "options"),
    [
        (segments.DER, ("-c", "0")),
        (segments.DER_COLLAR, ("-c", "0.125", "-1")),
        (segments.DER_COLLAR_NIST, ("-c", "0.25", "-1")),
        (segments.DER_COLLAR_OVERLAP, ("-c", "0.25")),
    ],
    ids=lambda value: value.name if isinstance(value, Metric) else " ".join(value),
)
@pytest.mark.parametrize("name", MEETINGS)
def test_diarization_errors_are_those_of_md_eval(name: str, metric: Metric, options: tuple[str, ...], tmp_path: Path) -> None:
    reference, answer = MEETINGS[name]
    assert metric.components(reference, answer) == pytest.approx(md_eval(tmp_path, reference, answer, *options), abs=0.006)


def test_average_precision_over_several_classes_a_recording_is_scikit_learns() -> None:
    from sklearn.metrics import average_precision_score

    rng = np.random.default_rng(7)
    classes = {name: (name,) for name in "abcdef"}
    right = rng.random((40, 6)) < 0.3
    right[:, 5] = False  # a class that never occurs
    right[~right.any(axis=1), 0] = True
    scores = np.round(rng.random((40, 6)) * 0.6 + right * 0.3, 1)
    parts = pool(
        labels.MEAN_AVERAGE_PRECISION.components(
            labels.ClassTruth(*_truth(row, classes)),
            [Label(name, score) for score, name in sorted(zip(values, classes, strict=True), reverse=True)],
        )
        for row, values in zip(right, scores.tolist(), strict=True)
    )
    expected = average_precision_score(right[:, :5], scores[:, :5], average="macro")
    assert labels.MEAN_AVERAGE_PRECISION.value(parts) == pytest.approx(expected, abs=1e-12)


def _truth(row: np.ndarray, classes: dict[str, tuple[str, ...]]) -> tuple[str, dict[str, tuple[str, ...]], tuple[str, ...]]:
    first, *others = (name for name, is_right in zip(classes, row, strict=True) if is_right)
    return first, classes, tuple(others)


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="museval imports stempeg, which needs the program ffmpeg")
def test_stem_sdr_is_musevals() -> None:
    import museval

    rng, rate = np.random.default_rng(0), 2000
    medians: dict[str, list[float]] = {"bass": [], "drums": [], "vocals": []}
    mixtures = []
    for track in range(3):
        stems = {name: 0.1 * rng.standard_normal(rate * 5 + 321) for name in medians}
        stems["vocals"][rate : 2 * rate] = 0
        answers = {
            name: stem * (0.8, 1.0, 1.1)[track] + 0.03 * place * rng.standard_normal(len(stem))
            for place, (name, stem) in enumerate(stems.items(), 1)
        }
        as_audio = [{name: Audio(part.astype(np.float32), rate) for name, part in side.items()} for side in (stems, answers)]
        mixtures.append((signals.Mixture(Audio(sum(stems.values()).astype(np.float32), rate), as_audio[0]), as_audio[1]))
        truth, answer = (np.stack([part.samples for part in side.values()])[..., None].astype(float) for side in as_audio)
        decibels = museval.evaluate(truth, answer, win=rate, hop=rate, mode="v4")[0]
        assert np.isnan(decibels[:, 1]).all()
        for name, frames in zip(medians, decibels, strict=True):
            medians[name].append(float(np.nanmedian(frames)))
    parts = pool(bss_eval.STEM_SDR_V4.components(*mixture) for mixture in mixtures)
    assert parts["sdr"] == pytest.approx([medians[name][track] for track in range(3) for name in medians], abs=1e-6)
    expected = np.mean([np.median(of_track) for of_track in medians.values()])
    assert bss_eval.STEM_SDR_V4.value(parts) == pytest.approx(expected, abs=1e-6)


def test_a_stem_that_is_silent_throughout_is_no_evidence_and_no_error_is_the_limit() -> None:
    tone = Audio(np.sin(np.arange(8000, dtype=np.float32)), 4000)
    silence = Audio(np.zeros(8000, np.float32), 4000)
    mixture = signals.Mixture(tone, {"bass": tone, "vocals": silence})
    assert not bss_eval.STEM_SDR_V4.counts(bss_eval.STEM_SDR_V4.components(mixture, {"bass": tone, "vocals": tone}))
    both = signals.Mixture(tone, {"bass": tone, "drums": tone})
    assert bss_eval.STEM_SDR_V4.score(both, {"bass": tone, "drums": tone}) == bss_eval.STEM_SDR_V4.best


def test_intelligibility_is_pystois() -> None:
    import pystoi

    rng = np.random.default_rng(3)
    clean = Audio((rng.standard_normal(32000) * np.abs(np.sin(np.arange(32000) / 3000))).astype(np.float32), 16000)
    answer = Audio((clean.samples + 0.5 * rng.standard_normal(32000)).astype(np.float32), 16000)
    assert signals.STOI.score(signals.NoisyPair(clean, answer), answer) == pytest.approx(
        pystoi.stoi(clean.samples, answer.samples, 16000), abs=1e-9
    )
    assert signals.ESTOI.score(signals.NoisyPair(clean, answer), answer) == pytest.approx(
        pystoi.stoi(clean.samples, answer.samples, 16000, extended=True), abs=1e-9
    )


TRIALS = (
    np.arange(400) % 4 == 0,
    np.round(np.random.default_rng(11).standard_normal(400) + 1.4 * (np.arange(400) % 4 == 0), 2),
)
"""400 trials with ties, a quarter of them of one speaker."""


@pytest.mark.parametrize(
    ("metric", "p_target"), [(speaker.TRIAL_MIN_DCF, 0.05), (speaker.TRIAL_MIN_DCF_VOXCELEB, 0.01)], ids=["0.05", "0.01"]
)
def test_detection_cost_is_nists_formula(metric: Metric, p_target: float) -> None:
    same, scores = TRIALS
    cost = min(
        p_target * np.mean(scores[same] < threshold) + (1 - p_target) * np.mean(scores[~same] >= threshold)
        for threshold in [*scores, np.inf]
    )
    parts = {"same": same.tolist(), "scores": scores.tolist(), "groups": [""] * len(same)}
    assert metric.value(parts) == pytest.approx(cost / min(p_target, 1 - p_target), abs=1e-12)


def test_equal_error_rate_is_that_of_scikit_learns_curve() -> None:
    from scipy.interpolate import interp1d
    from scipy.optimize import brentq
    from sklearn.metrics import roc_curve

    same, scores = TRIALS
    false_accepts, accepts, _ = roc_curve(same, scores, drop_intermediate=False)
    expected = brentq(lambda rate: 1.0 - rate - interp1d(false_accepts, accepts)(rate), 0.0, 1.0)
    parts = {"same": same.tolist(), "scores": scores.tolist(), "groups": [""] * len(same)}
    assert speaker.TRIAL_EER.value(parts) == pytest.approx(expected, abs=1e-6)


def test_every_metric_names_its_scorer_and_copies_name_their_own() -> None:
    from dataclasses import replace

    from model_lab.capabilities import capabilities

    for capability in capabilities():
        scorers = [metric.scorer for metric in (*capability.metrics, *capability.scorers)]
        assert all(re.fullmatch(r"[a-z0-9_.]+(-[a-z0-9_.:|]+)+", scorer) for scorer in scorers), scorers
    assert text.WER.scorer == "model-lab-wer-3"
    assert replace(text.WER, name="other", version=5).scorer == "model-lab-other-5"
    assert replace(segments.DER, title="x").scorer == segments.DER.scorer == "pyannote-collar-0"
