"""A SavedModel that is called and answers as YAMNet does; its network is a single layer over YAMNet's own spectrogram."""

from __future__ import annotations

from pathlib import Path
from typing import Any

OPTIONS: dict[str, Any] = {}


def build(folders: dict[str, Path]) -> None:
    import tensorflow as tf

    tf.random.set_seed(0)
    classes, size = 521, 1024
    table = folders["model"].parent / "yamnet_class_map.csv"
    table.write_text(
        "index,mid,display_name\n" + "".join(f'{number},/m/{number},"Sound {number}"\n' for number in range(classes))
    )

    class Yamnet(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = tf.Variable(tf.random.normal([64, size], stddev=0.1))
            self.head = tf.Variable(tf.random.normal([size, classes], stddev=0.1))
            self.table = tf.saved_model.Asset(str(table))
            self.mel = tf.constant(tf.signal.linear_to_mel_weight_matrix(64, 257, 16000, 125.0, 7500.0))

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
        def __call__(self, waveform: Any) -> Any:
            padded = tf.pad(waveform, [[0, tf.maximum(0, 15600 - tf.shape(waveform)[0])]])
            spectrum = tf.math.log(tf.abs(tf.signal.stft(padded, 400, 160, 512)) @ self.mel + 1e-3)
            patches = tf.signal.frame(spectrum, 96, 48, axis=0)
            embedding = tf.nn.relu(tf.reduce_mean(patches, 1) @ self.layer)
            return tf.sigmoid(embedding @ self.head), embedding, spectrum

        @tf.function(input_signature=[])
        def class_map_path(self) -> Any:
            return self.table.asset_path

    tf.saved_model.save(Yamnet(), str(folders["model"]))
