"""The limits of all checks, in one place, each with its reason."""

from __future__ import annotations

SILENT_DBFS = -60.0
"""RMS of a whole recording, in dB below full scale, up to which it counts as silent: 16-bit sound has 10 bits less than full scale
there, speech of a distant microphone is at -45 and above."""

DEAD_CHANNEL_DB = 40.0
"""A channel this much below the loudest one is dead: crosstalk of a stereo pair is 20 dB below, so that 40 leaves a margin."""

FULL_SCALE = 0.999
"""Magnitude from which a sample is at full scale: 32,736 of 32,768 in 16 bits, for converters that stop a little below the last value."""

CLIPPED_RUN = 3
"""Samples in a row at full scale that count as clipped: one or two occur in sound that is normalised to its peak."""

CLIPPED_SHARE = 0.001
"""Share of clipped samples from which a recording is suspect: at 0.1 % clipping is audible; mastered music stays below."""

OFFSET = 0.02
"""Mean of a channel, of full scale, from which it has a DC offset: cheap converters reach 1 %, above 2 % something is broken."""

OFFSET_OF_RMS = 0.3
"""The offset must also be this share of the channel's level: the mean of a short low tone is not zero and is no fault."""

SHORTEST_S = 0.1
"""A sound below 0.1 s is shorter than any word and than the analysis window of most models."""

LONGEST_S = 3600.0
"""A recording above an hour needs a model that takes long sound, and much memory in others."""

USUAL_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 88200, 96000, 176400, 192000)
"""Sample rates that recorders and codecs use; another one often comes from a wrong header, which changes pitch and speed."""

ODD_ONE_OUT = 0.05
"""A rate, a number of channels or a script of at most this share of the recordings, where all others agree, is an odd one out."""

SMALLEST_GROUP = 20
"""Samples of one language from which its own distribution of characters a second is known well enough to find outliers in it."""

RATE_MADS = 6.0
"""Characters a second are compared on a logarithmic scale; an outlier is this many robust standard deviations (1.4826 times the
median absolute deviation) from the median of its language: with normally distributed logarithms one of 500 million texts is."""

RATE_FACTOR = 2.5
"""An outlier also differs from the median by this factor: people speak between half and twice as fast as the median of others."""

SHORT_TEXT = 12
"""A text of fewer characters says little about speed, as its recording has silence at both ends; only too many a second count."""

ALPHABETIC_RATES = (1.5, 32.0)
"""Plausible characters a second where each letter is a sound. Reading aloud is 12 to 18, the fastest speech below 30."""

IDEOGRAPHIC_RATES = (0.5, 14.0)
"""Plausible characters a second in Chinese, Japanese and Korean, where a sign is a syllable or a word: 4 to 7 are usual."""

FOREIGN_LETTERS = 0.5
"""Share of letters in a script that the language is not written in from which a text does not fit its language: names and
abbreviations in Latin letters are common in all languages and stay below."""

REPEATED_WORDS = 4
"""A text of at least so many words that one speaker says twice is a suspected duplicate; shorter ones recur in any conversation."""
