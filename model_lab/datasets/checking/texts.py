"""Rules about texts: markup, encoding, language and script, and whether they fit the length of their sound."""

from __future__ import annotations

import html
import math
import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator

from model_lab import languages, units
from model_lab.datasets.checking import checks, scripts, thresholds
from model_lab.datasets.checking._base import Check, CheckedData, CheckedSample, Suspicion

_EVENTS = (
    "laugh|laughs|laughing|laughter|noise|inaudible|unintelligible|unclear|music|applause|cough|coughs|coughing|breath|breathing"
    "|sigh|sighs|crosstalk|silence|pause|sic|indistinct|foreign"
)
_MARKUP = (
    ("a tag", re.compile(r"</?[A-Za-z!][^<>]{0,80}>|<\|[^<>|]{1,40}\|>")),
    ("square brackets", re.compile(r"\[[^\[\]]{1,80}\]")),
    ("braces", re.compile(r"\{[^{}]{1,80}\}")),
    ("double parentheses", re.compile(r"\(\(.{0,80}?\)\)")),
    ("a noise in parentheses", re.compile(rf"\((?:{_EVENTS})\)", re.IGNORECASE)),
    ("an HTML entity", re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{1,6}|#x[0-9a-fA-F]{1,6});")),
    ("a mark of a noise", re.compile(r"(?:^|\s)(?:![A-Z]+|\+\+[A-Za-z]+\+\+|SIL|SPN|NSN)(?=\s|$)")),
    (
        "the name of a speaker",
        re.compile(r"^\s*(?:>>+|(?:[Ss]peaker|SPEAKER|[Ss]pk|SPK)[ _-]?\w{0,4}\s*:|[A-Z][A-Z0-9_-]{0,20}:\s)"),
    ),
)
_DIGITS = re.compile(r"[\d\s.,:/+-]*\d[\d\s.,:/+-]*")


def check(data: CheckedData) -> Iterator[Suspicion]:
    """All suspicions about the texts of ``data``; none if its capability has no text."""
    if not data.has_texts:
        return
    written = [(sample, text) for sample in data.samples if (text := sample.text()).strip()]
    for sample, text in written:
        for problem, seen in _wording(text):
            yield sample.raises(problem, seen)
        for problem, seen in _language(sample, text):
            yield sample.raises(problem, seen)
    yield from _other_script(data, written)
    yield from _repeated(data, written)
    if data.transcribed:
        yield from _speeds(data)


def _wording(text: str) -> Iterator[tuple[Check, str]]:
    for what, pattern in _MARKUP:
        if match := pattern.search(text):
            if what == "an HTML entity" and html.unescape(match[0]) == match[0]:
                continue
            yield checks.MARKUP, f"{what}: {units.one_line(match[0].strip(), 40)!r} in {units.one_line(text, 120)!r}"
    if _DIGITS.fullmatch(text):
        yield checks.ONLY_DIGITS, f"the text is {units.one_line(text, 60)!r}"
    if "\ufffd" in text:
        yield checks.ENCODING, f"a replacement character (U+FFFD) in {units.one_line(text, 120)!r}"
    elif right := _misread(text):
        yield (
            checks.ENCODING,
            f"UTF-8 that was read as Windows-1252: {units.one_line(text, 100)!r} is {units.one_line(right, 100)!r}",
        )


def _misread(text: str) -> str:
    """What a text is that was UTF-8 and was read as Windows-1252; empty if it was not."""
    if text.isascii():
        return ""
    for encoding in ("cp1252", "latin-1"):
        try:
            right = text.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
        return right if right != text else ""
    return ""


def _language(sample: CheckedSample, text: str) -> Iterator[tuple[Check, str]]:
    tag = sample.text("language")
    expected = scripts.of_language(tag) if tag else frozenset()
    counts = scripts.counted(text)
    letters = counts.total()
    foreign = sum(count for script, count in counts.items() if script not in expected)
    if expected and letters and foreign > thresholds.FOREIGN_LETTERS * letters:
        found = ", ".join(script for script, _ in counts.most_common())
        yield (
            checks.LANGUAGE,
            f"{foreign} of {letters} letters are not in the script of {tag!r} ({found}): {units.one_line(text, 100)!r}",
        )
    for word in text.split():
        if mixed := scripts.look_alikes(word):
            yield checks.MIXED_SCRIPT, f"{units.one_line(word, 40)!r} has letters of {mixed}"
            break


def _other_script(data: CheckedData, written: list[tuple[CheckedSample, str]]) -> Iterator[Suspicion]:
    """Texts in another script than nearly all others; those whose row has a language are compared with that."""
    known = [
        (sample, script) for sample, text in written if not sample.text("language") and (script := scripts.main_script(text))
    ]
    if not known:
        return
    usual, most = Counter(script for _, script in known).most_common(1)[0]
    if most < (1 - thresholds.ODD_ONE_OUT) * len(known):
        return
    for sample, script in known:
        if script != usual:
            seen = f"it is written in {script}, and {most} of {len(known)} are in {usual}: {units.one_line(sample.text(), 100)!r}"
            yield sample.raises(checks.SCRIPT, seen)


def _repeated(data: CheckedData, written: list[tuple[CheckedSample, str]]) -> Iterator[Suspicion]:
    """Texts that one speaker says again in another sound."""
    earlier: dict[tuple[str, str], CheckedSample] = {}
    for sample, text in written:
        words = re.findall(r"\w+", text.casefold())
        if len(words) < thresholds.REPEATED_WORDS:
            continue
        first = earlier.setdefault((" ".join(words), str(sample.row.get("speaker", ""))), sample)
        if first is not sample and not _same_sound(data, first, sample):
            yield sample.raises(
                checks.REPEATED_TEXT, f"it has the text of {first.id} ({first.origin}): {units.one_line(text, 100)!r}"
            )


def _same_sound(data: CheckedData, one: CheckedSample, other: CheckedSample) -> bool:
    contents = [
        {data.measures[path].content for path in sample.sounds.values() if path in data.measures} for sample in (one, other)
    ]
    return bool(contents[0] & contents[1])


def _speeds(data: CheckedData) -> Iterator[Suspicion]:
    """Texts with too many or too few characters a second for their sound.

    Characters are letters and digits. Samples are grouped by language, or by script where the row has none. In a group of at least
    `SMALLEST_GROUP` an outlier is more than `RATE_MADS` robust standard deviations and a factor `RATE_FACTOR` away from the group's
    median, on a logarithmic scale; in a smaller one it is outside fixed limits, `ALPHABETIC_RATES` or `IDEOGRAPHIC_RATES`.
    """
    groups: dict[str, list[tuple[CheckedSample, int, float]]] = defaultdict(list)
    for sample, column, _, measure in data.heard():
        characters = sum(sign.isalnum() for sign in sample.text())
        if column == "audio" and characters:
            script = scripts.main_script(sample.text())
            language = languages.code_or_empty(sample.text("language")) or script
            groups[f"{language} in {script}" if language != script else script].append((sample, characters, measure.seconds))
    for name, members in groups.items():
        low, high, expected = _limits(name, members)
        for sample, characters, seconds in members:
            rate = characters / seconds
            seen = (
                f"{characters} characters in {seconds:.2f} s, {rate:.1f} a second; expected {low:.1f} to {high:.1f} ({expected})"
            )
            if rate > high:
                yield sample.raises(checks.TOO_FAST, f"{seen}: {units.one_line(sample.text(), 100)!r}")
            elif rate < low and characters >= thresholds.SHORT_TEXT:
                yield sample.raises(checks.TOO_SLOW, f"{seen}: {units.one_line(sample.text(), 100)!r}")


def _limits(name: str, members: list[tuple[CheckedSample, int, float]]) -> tuple[float, float, str]:
    """The lowest and the highest plausible number of characters a second of a group, and where they come from."""
    fixed = thresholds.IDEOGRAPHIC_RATES if name.endswith("Hani") else thresholds.ALPHABETIC_RATES
    telling = [math.log(count / seconds) for _, count, seconds in members if count >= thresholds.SHORT_TEXT]
    if len(telling) < thresholds.SMALLEST_GROUP:
        return *fixed, f"the limits for {name}"
    median = statistics.median(telling)
    deviation = 1.4826 * statistics.median(abs(rate - median) for rate in telling)
    reach = max(thresholds.RATE_MADS * deviation, math.log(thresholds.RATE_FACTOR))
    return (
        math.exp(median - reach),
        math.exp(median + reach),
        f"the {len(telling)} texts of {name} have a median of {math.exp(median):.1f}",
    )
