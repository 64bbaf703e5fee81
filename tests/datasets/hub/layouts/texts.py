"""Text behind speech: entities and summaries."""

from __future__ import annotations

from tests.datasets.hub.layouts._tables import AUDIO, INT64, STRING, Layout, audio, list_of, numbered, shards

ONTONOTES = (
    *("DATE", "TIME", "CARDINAL", "ORDINAL", "QUANTITY", "MONEY", "PERCENT", "GPE", "LOC", "NORP", "ORG", "LAW", "PERSON"),
    *("FAC", "EVENT", "WORK_OF_ART", "PRODUCT", "LANGUAGE"),
)
SLUE_TAGS = (*(f"{place}-{label}" for label in ONTONOTES for place in "BI"), "O")
CONLL_TAGS = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC", "B-MISC", "I-MISC")
PARTS_OF_SPEECH = ('"', "NN", "NNP", "VBD", ".")
CHUNKS = ("O", "B-NP", "I-NP", "B-VP")


def _slue() -> dict[str, bytes]:
    sentences = (
        ("the european union met in new york", "O B-ORG I-ORG O O B-GPE I-GPE"),
        ("two years later france agreed", "B-DATE I-DATE I-DATE B-GPE O"),
        ("thank you very much", "O O O O"),
        ("mister barroso spoke on friday", "O B-PERSON O O B-DATE"),
    )
    columns = {"audio": AUDIO, "sentence": STRING, "entities": list_of(INT64), "id": STRING}
    rows = [
        {
            "audio": audio(number),
            "sentence": sentence,
            "entities": [SLUE_TAGS.index(tag) for tag in tags.split()],
            "id": f"2013-{number}",
        }
        for number, (sentence, tags) in enumerate(sentences * 2)
    ]
    return shards(numbered("data/test"), columns, rows, classes={"entities": SLUE_TAGS})


def _conll() -> dict[str, bytes]:
    sentences = (
        ("Japan beat Syria .", "B-LOC O B-LOC O"),
        ("Ann Lee left Reuters", "B-PER I-PER O B-ORG"),
        ("The Dutch team won", "O B-MISC O O"),
        ("Nobody came .", "O O O"),
    )
    numbers = list_of(INT64)
    columns = {"id": STRING, "tokens": list_of(STRING), "pos_tags": numbers, "chunk_tags": numbers, "ner_tags": numbers}
    rows = [
        {
            "id": str(number),
            "tokens": sentence.split(),
            "pos_tags": [1] * len(sentence.split()),
            "chunk_tags": [1] * len(sentence.split()),
            "ner_tags": [CONLL_TAGS.index(tag) for tag in tags.split()],
        }
        for number, (sentence, tags) in enumerate(sentences * 2)
    ]
    classes = {"pos_tags": PARTS_OF_SPEECH, "chunk_tags": CHUNKS, "ner_tags": CONLL_TAGS}
    return shards(numbered("data/test"), columns, rows, classes=classes)


def _dialogues(*more: str) -> dict[str, bytes]:
    columns = {"id": STRING, "dialogue": STRING, "summary": STRING, **dict.fromkeys(more, STRING)}
    rows = [
        {
            "id": f"test_{number}",
            "dialogue": f"#Person1#: Shall we meet at {number}?\n#Person2#: Yes, at the station.",
            "summary": f"They agree to meet at {number} at the station.",
            **dict.fromkeys(more, "meeting"),
        }
        for number in range(1, 9)
    ]
    return shards(["default/test/0000.parquet", "default/test/0001.parquet"], columns, rows)


def _meetingbank() -> dict[str, bytes]:
    columns = {"id": INT64, "uid": STRING, "summary": STRING, "transcript": STRING}
    rows = [
        {
            "id": number,
            "uid": f"DenverCityCouncil_01072019_19-00{number}",
            "summary": f"A bill for an ordinance that changes the zoning of lot {number}.",
            "transcript": f"Council bill {number} please . Thank you . I move that it be passed . It has been moved and seconded .",
        }
        for number in range(8)
    ]
    return shards(["default/test/0000.parquet", "default/test/0001.parquet"], columns, rows)


CONVERTED = "refs/convert/parquet"

LAYOUTS = {
    "slue_ner": Layout("qmeeus/slue-voxpopuli", _slue),
    "conll2003": Layout("tomaarsen/conll2003", _conll),
    "dialogsum": Layout("knkarthick/dialogsum", lambda: _dialogues("topic"), CONVERTED),
    "samsum": Layout("knkarthick/samsum", _dialogues, CONVERTED),
    "ami_summaries": Layout("knkarthick/AMI", _dialogues, CONVERTED, gated=True),
    "meetingbank": Layout("huuuyeah/meetingbank", _meetingbank, CONVERTED),
}
