"""wav2vec 2.0 of one layer with SpeechBrain's classifier of four emotions, and the network it was finetuned from."""

from __future__ import annotations

from pathlib import Path

from checkpoints.speechbrain_architectures import pretrainer, write

HYPERPARAMS = """\
pretrained_path: speechbrain/emotion-recognition-wav2vec2-IEMOCAP
wav2vec2_hub: facebook/wav2vec2-base
wav2vec2: !new:speechbrain.lobes.models.huggingface_transformers.wav2vec2.Wav2Vec2
    source: !ref <wav2vec2_hub>
    output_norm: True
    freeze: False
    freeze_feature_extractor: True
    save_path: wav2vec2_checkpoints
avg_pool: !new:speechbrain.nnet.pooling.StatisticsPooling
    return_std: False
output_mlp: !new:speechbrain.nnet.linear.Linear
    input_size: 32
    n_neurons: 4
    bias: False
model: !new:torch.nn.ModuleList
    - [!ref <output_mlp>]
modules:
    wav2vec2: !ref <wav2vec2>
    avg_pool: !ref <avg_pool>
    output_mlp: !ref <output_mlp>
softmax: !new:speechbrain.nnet.activations.Softmax
label_encoder: !new:speechbrain.dataio.encoder.CategoricalEncoder
"""

FILES = {"wav2vec2": "wav2vec2.ckpt", "model": "model.ckpt", "label_encoder": "label_encoder.txt"}


def build(folders: dict[str, Path]) -> None:
    import torch
    from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2Model

    torch.manual_seed(1)
    config = Wav2Vec2Config(
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        conv_dim=[16] * 7,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=4,
    )
    origin = folders["wav2vec2"]
    config.save_pretrained(origin)
    torch.save(Wav2Vec2Model(config).state_dict(), origin / "pytorch_model.bin")
    Wav2Vec2FeatureExtractor(return_attention_mask=False).save_pretrained(origin)
    changes = {"wav2vec2": {"source": str(origin)}}
    write(folders["model"], HYPERPARAMS + pretrainer(**FILES), ["neu", "ang", "hap", "sad"], changes, **FILES)
    torch.save(Wav2Vec2Model(config).state_dict(), origin / "pytorch_model.bin")  # finetuning has left the origin behind
