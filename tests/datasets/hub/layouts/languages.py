"""Language identification."""

from __future__ import annotations

from tests.datasets.hub.layouts._tables import AUDIO, INT64, Layout, audio, class_label, configs, numbered, shards
from tests.datasets.hub.layouts.recognition import FLEURS_COMMIT, fleurs

READ = {
    "en_us": "English",
    "de_de": "German",
    "fr_fr": "French",
    "es_419": "Spanish",
    "it_it": "Italian",
    "pt_br": "Portuguese",
    "nl_nl": "Dutch",
    "pl_pl": "Polish",
    "ru_ru": "Russian",
    "cmn_hans_cn": "Mandarin",
    "ja_jp": "Japanese",
    "ar_eg": "Arabic",
}

COMMON = (
    *("Arabic", "Basque", "Breton", "Catalan", "Chinese_China", "Chinese_Hongkong", "Chinese_Taiwan", "Chuvash", "Czech"),
    *("Dhivehi", "Dutch", "English", "Esperanto", "Estonian", "French", "Frisian", "Georgian", "German", "Greek", "Hakha_Chin"),
    *("Indonesian", "Interlingua", "Italian", "Japanese", "Kabyle", "Kinyarwanda", "Kyrgyz", "Latvian", "Maltese", "Mangolian"),
    *("Persian", "Polish", "Portuguese", "Romanian", "Romansh_Sursilvan", "Russian", "Sakha", "Slovenian", "Spanish", "Swedish"),
    *("Tamil", "Tatar", "Turkish", "Ukranian", "Welsh"),
)


def _fleurs() -> dict[str, bytes]:
    return {path: content for config, language in READ.items() for path, content in fleurs(config, language).items()}


def _voxlingua() -> dict[str, bytes]:
    """Which ten languages there are is not known; these have the codes of VoxLingua107."""
    codes = ("ar", "de", "en", "es", "fr", "hi", "iw", "no", "ru", "zh")
    rows = [{"audio": audio(number), "label": number} for number in range(10)]
    return shards(numbered("data/train"), {"audio": AUDIO, "label": INT64}, rows, classes={"label": codes})


def _common_language() -> dict[str, bytes]:
    """Class names in the README only."""
    rows = [{"audio": audio(number, None, "WAV", 48000, 0.1), "language": number % 45} for number in range(48)]
    return shards(numbered("data/test"), {"audio": AUDIO, "language": INT64}, rows, metadata=False, rows_per_group=5)


LAYOUTS = {
    "fleurs_langid": Layout(
        "mteb/fleurs", _fleurs, FLEURS_COMMIT, configs(**{config: {"test": f"{config}/test-*"} for config in READ})
    ),
    "voxlingua107_top10": Layout("mteb/voxlingua107-top10", _voxlingua, "d934546d059e16c9a4669adbd518e0fa86a69ff0"),
    "commonlanguage": Layout("mteb/commonlanguage-lang-mini", _common_language, readme=class_label("language", COMMON)),
}
