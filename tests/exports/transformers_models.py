# SPDX-License-Identifier: Apache-2.0
"""transformers: small configurations of the families that are exported most, batch and lengths left open."""

import numpy as np
import torch
import transformers as tr
from transformers.cache_utils import DynamicCache

from spec import Model, image, settle

VOCABULARY = 200
TEXT = {"vocab_size": VOCABULARY, "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 96}


class Call(torch.nn.Module):
    """Calls a module by keywords and returns the named parts of its result."""

    def __init__(self, module, inputs, outputs, **fixed):
        super().__init__()
        self.module, self.inputs, self.outputs, self.fixed = module, inputs, outputs, fixed

    def forward(self, *tensors):
        result = self.module(**dict(zip(self.inputs, tensors)), **self.fixed)
        return tuple(getattr(result, name) for name in self.outputs)


class WithPast(torch.nn.Module):
    """A decoder that takes and gives its keys and values: [batch, heads, length, size] twice a layer."""

    def __init__(self, module, layers):
        super().__init__()
        self.module, self.layers = module, layers

    def forward(self, input_ids, attention_mask, *past):
        cache = DynamicCache()
        for i in range(self.layers):
            cache.update(past[2 * i], past[2 * i + 1], i)
        result = self.module(input_ids=input_ids, attention_mask=attention_mask, past_key_values=cache, use_cache=True)
        layers = result.past_key_values.layers
        return (result.logits, *(t for layer in layers for t in (layer.keys, layer.values)))


def ids(batch, length, seed=0):
    return np.random.default_rng(seed).integers(5, VOCABULARY, (batch, length))


def mask(batch, length):
    """Ones; the last two tokens of the second row are padding."""
    values = np.ones((batch, length), np.int64)
    values[1:, -2:] = 0
    return values


def text_open(*names):
    return {n: {0: "batch", 1: "length"} for n in names}


def seeded(cls, config):
    torch.manual_seed(0)
    return settle(cls(config))


def encoder(name, cls, config, types=True):
    names = ["input_ids", "attention_mask"] + ["token_type_ids"] * types

    def case(batch, length, seed):
        made = {"input_ids": ids(batch, length, seed), "attention_mask": mask(batch, length)}
        return {**made, "token_type_ids": np.arange(length)[None].repeat(batch, 0) // 5 % 2} if types else made

    def make():
        return Call(seeded(cls, config), names, ["last_hidden_state"])

    return Model(name, make, [case(2, 9, 0), case(3, 14, 1)], text_open(*names), ["last_hidden_state"])


def decoder_with_past(name, cls, config, layers, heads, size):
    def case(batch, length, past, seed):
        rng = np.random.default_rng(seed)
        made = {"input_ids": ids(batch, length, seed), "attention_mask": np.ones((batch, past + length), np.int64)}
        for i in range(layers):
            for kind in ("key", "value"):
                made[f"past_{kind}.{i}"] = rng.standard_normal((batch, heads, past, size)).astype(np.float32)
        return made

    past = {f"past_{kind}.{i}": {0: "batch", 2: "past"} for i in range(layers) for kind in ("key", "value")}
    extents = {"input_ids": {0: "batch", 1: "length"}, "attention_mask": {0: "batch", 1: "total"}, **past}
    outputs = ["logits"] + [n.replace("past", "present") for n in past]
    cases = [case(2, 3, 6, 0), case(1, 1, 11, 1)]
    return Model(name, lambda: WithPast(seeded(cls, config), layers), cases, extents, outputs)


def t5():
    config = tr.T5Config(vocab_size=VOCABULARY, d_model=64, d_kv=16, d_ff=96, num_layers=2, num_heads=4)
    names = ["input_ids", "attention_mask"]

    def encode(batch, length, seed):
        return {"input_ids": ids(batch, length, seed), "attention_mask": mask(batch, length)}

    def decode(batch, length, source, seed):
        hidden = np.random.default_rng(seed).standard_normal((batch, source, 64)).astype(np.float32)
        return {"decoder_input_ids": ids(batch, length, seed), "hidden": hidden, "attention_mask": mask(batch, source)}

    class Decoder(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.net = seeded(tr.T5ForConditionalGeneration, config)

        def forward(self, decoder_input_ids, hidden, attention_mask):
            found = self.net.decoder(input_ids=decoder_input_ids, encoder_hidden_states=hidden,
                                     encoder_attention_mask=attention_mask, use_cache=False)  # fmt: skip
            return self.net.lm_head(found.last_hidden_state)

    yield Model("t5_encoder", lambda: Call(seeded(tr.T5EncoderModel, config), names, ["last_hidden_state"]),
                [encode(2, 9, 0), encode(3, 14, 1)], text_open(*names), ["last_hidden_state"])  # fmt: skip
    extents = {"decoder_input_ids": {0: "batch", 1: "length"}, "hidden": {0: "batch", 1: "source"},
               "attention_mask": {0: "batch", 1: "source"}}  # fmt: skip
    yield Model("t5_decoder", Decoder, [decode(2, 5, 9, 0), decode(1, 8, 4, 1)], extents, ["logits"])


def whisper():
    config = tr.WhisperConfig(
        vocab_size=VOCABULARY, num_mel_bins=20, d_model=64, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4,
        decoder_attention_heads=4, encoder_ffn_dim=96, decoder_ffn_dim=96, max_source_positions=50, pad_token_id=0,
        bos_token_id=1, eos_token_id=2, decoder_start_token_id=1,
    )  # fmt: skip

    def sound(batch, seed):
        return {"input_features": image(100, batch, seed, 1)[:, 0, :20].copy()}

    def decode(batch, length, seed):
        hidden = np.random.default_rng(seed).standard_normal((batch, 50, 64)).astype(np.float32)
        return {"decoder_input_ids": ids(batch, length, seed), "mask": np.ones((batch, length), np.int64), "hidden": hidden}

    class Decoder(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.net = seeded(tr.WhisperForConditionalGeneration, config)

        def forward(self, decoder_input_ids, mask, hidden):  # without a mask: aten::diff, which torchscript cannot export
            found = self.net.model.decoder(input_ids=decoder_input_ids, attention_mask=mask, encoder_hidden_states=hidden,
                                           use_cache=False)  # fmt: skip
            return self.net.proj_out(found.last_hidden_state)

    def encoder():
        return Call(seeded(tr.WhisperModel, config).encoder, ["input_features"], ["last_hidden_state"])

    yield Model("whisper_encoder", encoder, [sound(1, 0), sound(2, 1)], {"input_features": {0: "batch"}}, ["last_hidden_state"])
    yield Model("whisper_decoder", Decoder, [decode(2, 5, 0), decode(1, 7, 1)],
                {**text_open("decoder_input_ids", "mask"), "hidden": {0: "batch"}}, ["logits"])  # fmt: skip


def wav2vec2():
    config = tr.Wav2Vec2Config(
        vocab_size=32, hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=96,
        conv_dim=(32,) * 7, num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=4,
    )  # fmt: skip

    def speech(batch, length, seed):
        return {"input_values": np.sin(image(length, 1, seed, batch)[0, :, 0] * 9).astype(np.float32)}

    def make():
        return Call(seeded(tr.Wav2Vec2ForCTC, config), ["input_values"], ["logits"])

    return Model("wav2vec2", make, [speech(1, 2000, 0), speech(2, 3200, 1)],
                 {"input_values": {0: "batch", 1: "samples"}}, ["logits"])  # fmt: skip


def clip():
    text = {**TEXT, "max_position_embeddings": 20, "eos_token_id": VOCABULARY - 1}
    vision = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 96, "image_size": 64,
              "patch_size": 16}  # fmt: skip
    config = tr.CLIPConfig(text_config=text, vision_config=vision, projection_dim=32)
    names = ["input_ids", "pixel_values", "attention_mask"]
    outputs = ["logits_per_image", "logits_per_text", "text_embeds", "image_embeds"]

    def case(texts, length, pictures, seed):
        tokens = ids(texts, length, seed).clip(0, VOCABULARY - 2)
        tokens[:, -3] = VOCABULARY - 1
        return {"input_ids": tokens, "pixel_values": image(64, pictures, seed), "attention_mask": mask(texts, length)}

    extents = {"input_ids": {0: "texts", 1: "length"}, "pixel_values": {0: "pictures"}, "attention_mask": {0: "texts", 1: "length"}}
    return Model("clip", lambda: Call(seeded(tr.CLIPModel, config), names, outputs), [case(2, 9, 1, 0), case(3, 12, 2, 1)],
                 extents, outputs)  # fmt: skip


def vit():
    config = tr.ViTConfig(hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=96, image_size=64)
    cases = [{"pixel_values": image(64)}, {"pixel_values": image(64, 2, 1)}]
    return Model("vit", lambda: Call(seeded(tr.ViTForImageClassification, config), ["pixel_values"], ["logits"]), cases,
                 {"pixel_values": {0: "batch"}}, ["logits"])  # fmt: skip


LLAMA = tr.LlamaConfig(**TEXT, num_key_value_heads=2, max_position_embeddings=64)
GPT2 = tr.GPT2Config(vocab_size=VOCABULARY, n_positions=64, n_embd=64, n_layer=2, n_head=4)
DISTIL = tr.DistilBertConfig(vocab_size=VOCABULARY, dim=64, n_layers=2, n_heads=4, hidden_dim=96)
MODELS = [
    encoder("bert", tr.BertModel, tr.BertConfig(**TEXT)),
    encoder("distilbert", tr.DistilBertModel, DISTIL, types=False),
    encoder("roberta", tr.RobertaModel, tr.RobertaConfig(**TEXT), types=False),
    *t5(),
    decoder_with_past("gpt2_with_past", tr.GPT2LMHeadModel, GPT2, 2, 4, 16),
    vit(),
    clip(),
    *whisper(),
    wav2vec2(),
    decoder_with_past("llama_gqa", tr.LlamaForCausalLM, LLAMA, 2, 2, 16),
]
