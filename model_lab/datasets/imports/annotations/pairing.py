"""Which annotation belongs to which sound file: by the name of the recording, wherever in the folder both are.

What has no counterpart is counted and said in the line that describes the data; nothing is left out in silence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from model_lab.datasets.imports._base import first_line, sounds_in
from model_lab.errors import BadManifest

Content = TypeVar("Content")
Content_co = TypeVar("Content_co", covariant=True)


@dataclass(frozen=True)
class Annotated(Generic[Content_co]):
    """A recording with its annotation.

    Attributes:
        name: The name of its sound file without suffix, and the folders that tell it from others of the same name.
        sound: Its sound file.
        content: What its annotation holds.
    """

    name: str
    sound: Path
    content: Content_co


@dataclass(frozen=True)
class Pairs(Generic[Content_co]):
    """All recordings with an annotation, and what is left over.

    Attributes:
        recordings: By their names.
        silent: Names of sound files without an annotation.
        unmatched: Names of annotated recordings without a sound file.
    """

    recordings: tuple[Annotated[Content_co], ...]
    silent: tuple[str, ...]
    unmatched: tuple[str, ...]

    def notes(self) -> list[str]:
        """What is left out, as clauses."""
        left = (
            (self.silent, "recording", "without annotation"),
            (self.unmatched, "annotated recording", "without a sound file"),
        )
        return [f"left out: {_few(names, noun)} {why}" for names, noun, why in left if names]


def files(path: Path, suffixes: Iterable[str]) -> list[Path]:
    """The annotation files in a folder and those below it, or the file itself."""
    wanted = tuple(suffixes)
    if path.is_file():
        return [path] if path.suffix.lower() in wanted else []
    if not path.is_dir():
        return []
    return sorted(
        each for each in path.rglob("*") if each.suffix.lower() in wanted and each.is_file() and not _hidden(each, path)
    )


def has(path: Path, suffixes: Iterable[str], fits: Callable[[str], bool]) -> bool:
    """Whether there is an annotation file whose first line fits, and a sound file in its folder or below."""
    listed = files(path, suffixes)
    return bool(listed) and any(fits(first_line(each)) for each in listed[:20]) and bool(sounds_in(_folder(path)))


def by_file(path: Path, listed: Sequence[Path], read: Callable[[Path], Content]) -> Pairs[Content]:
    """Recordings whose annotation is a file of the same name, as ``call.TextGrid`` for ``call.wav``, or ``call.en.srt``."""
    sounds = _sounds(path)
    matched: dict[Path, Path] = {}
    unmatched: list[str] = []
    for each in listed:
        sound = _sound_for(each, sounds, _folder(path))
        if sound is None:
            unmatched.append(each.name)
        elif sound in matched:
            raise BadManifest(f"{sound.name} has two annotations, {matched[sound]} and {each}; name one of them, or move it away")
        else:
            matched[sound] = each
    return _pairs(path, {sound: read(each) for sound, each in matched.items()}, unmatched)


def by_name(path: Path, listed: Sequence[Path], read: Callable[[Path], Mapping[str, Content]]) -> Pairs[Content]:
    """Recordings that annotation files name, of which one may hold many; a space in a name may be written _.

    A file that holds one recording may also have the name of its sound file.
    """
    sounds, folder = _sounds(path), _folder(path)
    content: dict[Path, Content] = {}
    origin: dict[Path, Path] = {}
    unmatched: list[str] = []
    for each in listed:
        recordings = read(each)
        for name, entries in recordings.items():
            sound = _named(name, sounds) or (_sound_for(each, sounds, folder) if len(recordings) == 1 else None)
            if sound is None:
                unmatched.append(name)
            elif sound in origin:
                raise BadManifest(f"{name} is in {origin[sound]} and in {each}; name one of them, or move it away")
            else:
                content[sound], origin[sound] = entries, each
    return _pairs(path, content, unmatched)


def _pairs(path: Path, content: Mapping[Path, Content], unmatched: list[str]) -> Pairs[Content]:
    folder = _folder(path)
    stems = defaultdict(list)
    for sound in _all(_sounds(path)):
        stems[sound.stem].append(sound)

    def name(sound: Path) -> str:
        alone = len(stems[sound.stem]) == 1
        return sound.stem if alone else sound.relative_to(folder).with_suffix("").as_posix()

    recordings = tuple(Annotated(name(sound), sound, content[sound]) for sound in sorted(content))
    silent = tuple(name(sound) for sound in _all(_sounds(path)) if sound not in content)
    return Pairs(recordings, silent, tuple(unmatched))


def _folder(path: Path) -> Path:
    return path if path.is_dir() else path.parent


def _sounds(path: Path) -> dict[str, list[Path]]:
    """The sound files by their names without suffix."""
    by_stem: dict[str, list[Path]] = defaultdict(list)
    for sound in sounds_in(_folder(path)):
        by_stem[sound.stem].append(sound)
    return by_stem


def _all(sounds: Mapping[str, Sequence[Path]]) -> list[Path]:
    return sorted(sound for same in sounds.values() for sound in same)


def _named(name: str, sounds: Mapping[str, Sequence[Path]]) -> Path | None:
    """The sound file that an annotation calls ``name``."""
    same = next((stem for stem in sounds if name in (stem, stem.replace(" ", "_")) or Path(name).stem == stem), None)
    if same is None:
        return None
    if len(sounds[same]) > 1:
        raise BadManifest(f"{name} may be {sounds[same][0]} or {sounds[same][1]}; give sound files different names")
    return sounds[same][0]


def _sound_for(annotation: Path, sounds: Mapping[str, Sequence[Path]], folder: Path) -> Path | None:
    """The sound file of an annotation's name: of several the one in its folder, or in the parallel one."""
    for stem in (annotation.stem, Path(annotation.stem).stem):
        same = sounds.get(stem, [])
        near = [sound for sound in same if sound.parent == annotation.parent] or [
            sound for sound in same if _below(sound, folder) == _below(annotation, folder)
        ]
        if len(same) == 1 or len(near) == 1:
            return same[0] if len(same) == 1 else near[0]
        if same:
            raise BadManifest(f"{annotation} may belong to {same[0]} or {same[1]}; put it beside its sound file")
    return None


def _below(path: Path, folder: Path) -> tuple[str, ...]:
    """The folders between a file and the first one below ``folder``: the same in ``audio/a/b`` and ``text/a/b``."""
    return path.relative_to(folder).parent.parts[1:]


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def _few(names: Sequence[str], noun: str) -> str:
    shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
    return f"{len(names):,} {noun}{'s' * (len(names) != 1)} ({shown})"
