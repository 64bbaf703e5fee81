"""All checks: what each is called, how bad it is and what to do."""

from __future__ import annotations

from model_lab.datasets.checking._base import Check

UNUSABLE_ROW = Check("unusable_row", "error", "Rows that cannot be used", "correct the row")
MISSING_FILE = Check("missing_file", "error", "Files that do not exist", "correct the path, or take the row out")
UNDECODABLE = Check("undecodable", "error", "Files that cannot be decoded", "copy or convert the file again, or take the row out")
BAD_REFERENCE = Check("bad_reference", "error", "References that cannot be read", "correct the reference")
NO_REFERENCE = Check("no_reference", "note", "Rows without a reference", "they are answered and not scored; add the reference")
DUPLICATE_ID = Check("duplicate_id", "error", "Ids that occur twice", "make ids unique")
DUPLICATE_AUDIO = Check("duplicate_audio", "warning", "The same sound twice", "keep one: it counts twice in every score")
CONTRADICTION = Check(
    "contradiction", "error", "The same sound with different texts", "listen, keep the right text and take the other row out"
)
REPEATED_TEXT = Check(
    "repeated_text", "note", "The same text twice by one speaker", "listen: a recording may have the text of another one"
)

SILENCE = Check("silence", "warning", "Silent sound", "listen; record again or take the row out")
SILENT_SPEECH = Check(
    "silent_speech", "error", "Silent sound that has a text", "nothing can be recognised in it; record again or take the row out"
)
CLIPPING = Check("clipping", "warning", "Clipped sound", "record with less gain; what is cut off cannot be restored")
DC_OFFSET = Check(
    "dc_offset", "warning", "Sound with a DC offset", "remove it with a high-pass filter at 20 Hz, or repair the recorder"
)
DEAD_CHANNEL = Check(
    "dead_channel", "note", "Channels without sound", "use the other channel alone: the mean of both is 6 dB quieter"
)
UNUSUAL_RATE = Check("unusual_rate", "warning", "Unusual sample rates", "listen whether pitch and speed are right")
WRONG_RATE = Check("wrong_rate", "warning", "Another sample rate than the row states", "correct the row, or resample the file")
MIXED_RATES = Check(
    "mixed_rates", "note", "Recordings unlike all others in sample rate or channels", "find out where they come from"
)
TOO_SHORT = Check("too_short", "warning", "Very short sound", "listen whether the recording is whole")
TOO_LONG = Check("too_long", "note", "Very long sound", "cut it where a model takes no long sound, or has too little memory")
DECODING = Check("decoding", "note", "What the decoder remarks", "see whether that is right")

MARKUP = Check("markup", "warning", "Texts with markup", "write what is said, without tags: every tag counts as wrong words")
ONLY_DIGITS = Check("only_digits", "warning", "Texts of digits alone", "see whether that is a number that is said, or an index")
ENCODING = Check(
    "encoding", "warning", "Texts in a wrong encoding", "read the original in its own encoding and write it as UTF-8"
)
LANGUAGE = Check("language", "warning", "Texts that do not fit their language", "correct the language, or the text")
SCRIPT = Check("script", "warning", "Texts in another script than all others", "see whether they belong to this data")
MIXED_SCRIPT = Check(
    "mixed_script", "warning", "Words of two scripts", "replace letters that only look right: such a word is never recognised"
)
TOO_FAST = Check(
    "too_fast", "warning", "More text than the sound has room for", "listen: the text is of another recording, or this one is cut"
)
TOO_SLOW = Check(
    "too_slow", "warning", "Less text than the sound has room for", "listen: something that is said is not in the text"
)

SPELLINGS = Check("spellings", "error", "One name in two spellings", "write the name in one way")
SIMILAR_NAMES = Check(
    "similar_names", "warning", "Names that differ in punctuation or zeros alone", "see whether they are one speaker"
)
ONE_RECORDING = Check(
    "one_recording", "note", "Speakers with one recording", "add another recording: none can be compared with it"
)
SAME_TRIAL = Check("same_trial", "error", "Trials of a recording with itself", "take them out: they are always right")
REPEATED_TRIAL = Check("repeated_trial", "warning", "Trials that occur twice", "keep one, also where the two sides are exchanged")
IN_TWO_PARTS = Check(
    "in_two_parts", "warning", "Speakers in two parts of the data", "keep each speaker in one part: scores are too good"
)
SINGLE_GROUPS = Check(
    "single_groups",
    "note",
    "No clusters",
    "add a column group or speaker if samples belong together: intervals are too narrow otherwise",
)
