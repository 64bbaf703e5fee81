"""File formats of the field: one module each, which reads and writes it.

In the middle are neutral forms: `Segment`, `Turn`, `Word`, `Note` and `PitchTrack` of `model_lab.types`, and `SpokenSegment`. What a
module reads and what it writes is in one of them:

=============  ==============================================  =====================
module         neutral form                                    reads, writes
=============  ==============================================  =====================
rttm           `Turn` (or `Segment`) by recording              both
ctm            `Word` by recording                             both
stm            `SpokenSegment` by recording                    both
uem            `Segment` by recording                          both
textgrid       `Segment` by tier                               both
srt, vtt       `SpokenSegment`                                 both
midi           `Note`                                          both
contour        `PitchTrack`; times and Hz                      both
jsonl          rows (dict)                                     both
csv, parquet   rows (dict); a table of DuckDB                  both
junit          `junit.Case`                                    writes
model_index    results of ``huggingface_hub``                  writes
markdown       tables and lists                                writes
plain          lines                                           reads
=============  ==============================================  =====================

Readers raise `model_lab.errors.BadManifest` with the file, the line, what is there and what is expected. Writers return text or bytes,
and raise `NotRepresentable` for what the format cannot hold. `registry.FORMATS` has the formats that hold answers of capabilities, by
name; what of an answer goes into which of them says the capability (``Capability.exports``).
"""

from __future__ import annotations

from model_lab.formats._base import Format, NotRepresentable, SpokenSegment, field, plain_text, timed

__all__ = ["Format", "NotRepresentable", "SpokenSegment", "field", "plain_text", "timed"]
