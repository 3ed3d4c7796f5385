"""Writes small checkpoints of every family, and what transformers and PyTorch make of them.

    python src/tools/family_fixtures.py [NAME ...]        # from the repository's root; all without names

Writes test/fixtures/families/NAME: a checkpoint with random weights far from their usual beginning, so that a wrong
formula shows, in one of the forms such files have; a tokenizer of the family's kind; and expected.json:

* parameters: names and shapes in the order of `named_parameters()`, matrices of GPT-2 as [out, in]
* score: tokens and nats of each line of texts.jsonl
* greedy: ids written after some prompts (of masked models, `fill`: the likeliest id at the mask)
* tokenizer: ids of the texts of tokenizer_cases.json, with special tokens; pairs: of two texts
* train: twelve steps of each method on reviews.jsonl, and `head`: of MeZO with a new score head
* stored (some): twelve steps of MeZO over weights stored in 16 bits, and the SHA-256 of the weights after given coefficients

Needs what oracle.py needs, and tokenizers.
"""

import hashlib
import json
import math
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import torch
import transformers as hf
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

from family_tokenizers import FAMILIES
from oracle import Run, Subject, read_lines, round16, settings, trained, written

FIXTURES = Path("test/fixtures")
FOLDER = FIXTURES / "families"
METHODS = ("mezo", "sparse_mezo", "lezo", "mezo_svrg")
CLOSEST = 1e-3  # two best logits this close could change places by another adapter's rounding
NEW_TOKENS = 16

CASES = [
    "",
    " ",
    "  two spaces",
    "trailing ",
    "\n\n",
    "a\n\n\nb\r\n c\t d",
    "1234567",
    "3.14 and 1,000,000",
    "\u0661\u0662\u0663 \u00b2\u00bd \u216b",
    "cafe\u0301 caf\u00e9 \u00c5 A\u030a",
    "na\u00efve \u00dcber stra\u00dfe \u0130stanbul",
    "\u039f\u0394\u039f\u03a3 \u03a3\u0391\u03a3",
    "I'LL they'RE it's don't 'tis",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f642\u200b!",
    "\u6771\u4eac\u30bf\u30ef\u30fc \ud55c\uad6d\uc5b4 \U00020bb7",
    "a\u0085b \ufeffc\u00a0d\u3000e\u2028f\u180eg",
    "\x00\x07 control \u00ad\ufffd \ue000",
    "<s></s> <pad><unk><mask> <mask>x",
    "[CLS] [MASK] [SEP][PAD]",
    "<|im_start|>user\nhello<|im_end|>",
    "<|begin_of_text|><|end_of_text|><|eot_id|><|endoftext|>",
    "<bos><eos><start_of_turn>user <end_of_turn>",
    "<tool_call> <table>x \u2581\u2581 \u2581a",
    "<0x41> <0x0A>",
    "The film was so-so ... (really?) #1 @home $5 50% a_b `c` ~d^e",
    "ALL CAPS and CamelCase",
    "the quick brown fox jumps over the lazy dog",
    "a" * 120,
    "x " * 20,
    "https://example.com/a?b=c&d=%20#e",
    "for (let i = 0; i < n; i++) {\n    x[i] += 2;\n}",
    "\u0928\u092e\u0938\u094d\u0924\u0947 \u0627\u0644\u0633\u0644\u0627\u0645 \u05e9\u05dc\u05d5\u05dd \u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35",
]
PAIRS = [["A fine film.", "It was dull."], ["One two", " three"], ["\u00e9t\u00e9", "Summer!"]]
PROMPTS = [
    "the film",
    "The service was",
    "A long and winding story",
    "this movie is not",
    "I",
    "the cast is truly",
    "Question: who?\nAnswer:",
    "one two three four five six seven",
    "the second half is",
    "It opened last friday ,",
]
TEXTS = [
    "A photo of a cat",
    "The plot follows two brothers, and i left the theater smiling.",
    "  Leading spaces,\nnew lines\tand tabs; na\u00efve caf\u00e9 \u2013 \u6771\u4eac \U0001f642",
    "It's 12,345.67 o'clock",
    "the script is often memorable , the story is not painful but charming .",
    "Not even the shabby kitchen could spoil this room.",
    "Fresh soup, kind owner.",
    "I bought one for my mother too!",
    "What?",
    "No, no, no; never again (I mean it).",
    "One, two; three: four. Five",
    "the music is stunning and the music is stunning and the music is stunning",
    "Who wrote it? Nobody knows.\n\nEverybody asks.",
    "ok ok",
    "UPPER lower Title",
    "<s> is text here, and so is [MASK]",
    "a b c d e f g h i j k l m n o p q r s t u v w x y z",
    "He said 'yes' and she said \"no\"",
    "x = 3 * (y + 4)",
    "The direction is quietly predictable, the half is long and the ending comes far too late for its own good.",
]

SMALL = {"max_position_embeddings": 160}
LLAMA = {**SMALL, "hidden_act": "silu", "attention_bias": False}


def sized(hidden: int, ffn: int, layers: int, heads: int, kv: int | None = None, width: int | None = None) -> dict:
    sizes = {"hidden_size": hidden, "intermediate_size": ffn, "num_hidden_layers": layers, "num_attention_heads": heads}
    if kv is not None:
        sizes["num_key_value_heads"] = kv
    if width is not None:
        sizes["head_dim"] = width
    return sizes


def rope(theta: float, **scaling) -> dict:
    return {"rope_theta": theta, "rope_type": "default", **scaling}


LLAMA3_SCALING = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}

# Name: config, class of the model, kind of tokenizer, rows of the vocabulary beyond the tokenizer's, and the dtype and form
# of its files.
SPECS: dict[str, tuple] = {
    "llama-grouped": (
        hf.LlamaConfig(**LLAMA, **sized(36, 92, 3, 3, 1), rope_parameters=rope(1e5), tie_word_embeddings=True),
        hf.LlamaForCausalLM, "smol", 0, "bfloat16", "one",
    ),
    "llama-scaled": (
        hf.LlamaConfig(**LLAMA, **sized(40, 100, 2, 5, 5), rope_parameters=rope(500.0) | LLAMA3_SCALING,
                       rms_norm_eps=1e-5, tie_word_embeddings=False),
        hf.LlamaForCausalLM, "llama3", 2, "float32", "sharded",
    ),
    "mistral-odd": (
        hf.MistralConfig(**SMALL, **sized(33, 77, 2, 4, 2, 10), sliding_window=None, rope_parameters=rope(1e4),
                         tie_word_embeddings=False),
        hf.MistralForCausalLM, "llama2", 0, "float32", "one",
    ),
    "mistral-bin": (
        hf.MistralConfig(**SMALL, **sized(48, 90, 3, 4, 2), sliding_window=None, rope_parameters=rope(1e6),
                         tie_word_embeddings=False),
        hf.MistralForCausalLM, "mistral", 1, "float16", "bin",
    ),
    "qwen2-grouped": (
        hf.Qwen2Config(**SMALL, **sized(56, 100, 3, 7, 1), use_sliding_window=False, sliding_window=32768,
                       rope_parameters=rope(1e6), tie_word_embeddings=True),
        hf.Qwen2ForCausalLM, "qwen", 9, "bfloat16", "one",
    ),
    "qwen2-untied": (
        hf.Qwen2Config(**SMALL, **sized(42, 71, 2, 3, 3), use_sliding_window=False,
                       rope_parameters=rope(1e4, rope_type="linear", factor=2.0), tie_word_embeddings=False),
        hf.Qwen2ForCausalLM, "qwen", 1, "float32", "sharded",
    ),
    "qwen3-wide": (
        hf.Qwen3Config(**SMALL, **sized(40, 76, 3, 4, 2, 16), use_sliding_window=False, rope_parameters=rope(1e6),
                       tie_word_embeddings=True),
        hf.Qwen3ForCausalLM, "qwen", 3, "bfloat16", "head kept",
    ),
    "qwen3-untied": (
        hf.Qwen3Config(**SMALL, **sized(35, 63, 2, 3, 1, 14), use_sliding_window=False, rope_parameters=rope(1e4),
                       tie_word_embeddings=False),
        hf.Qwen3ForCausalLM, "qwen", 0, "float16", "one",
    ),
    "gemma3-window": (
        hf.Gemma3TextConfig(**SMALL, **sized(40, 72, 4, 4, 1, 16), sliding_window=8, query_pre_attn_scalar=16,
                            layer_types=["sliding_attention", "sliding_attention", "full_attention", "sliding_attention"],
                            rope_parameters={"full_attention": rope(1e6), "sliding_attention": rope(1e4)},
                            tie_word_embeddings=True, pad_token_id=0, eos_token_id=1, bos_token_id=2),
        hf.Gemma3ForCausalLM, "gemma", 2, "bfloat16", "one",
    ),
    "gemma3-older": (
        hf.Gemma3TextConfig(**SMALL, **sized(45, 81, 3, 3, 3, 12), sliding_window=11, query_pre_attn_scalar=20,
                            layer_types=["sliding_attention", "full_attention", "sliding_attention"],
                            rope_parameters={"full_attention": rope(1e5, rope_type="linear", factor=8.0),
                                             "sliding_attention": rope(1e3)},
                            tie_word_embeddings=True, pad_token_id=0, eos_token_id=1, bos_token_id=2),
        hf.Gemma3ForCausalLM, "gemma", 0, "float32", "one",
    ),
    "gpt2-older": (
        hf.GPT2Config(n_positions=160, n_embd=45, n_layer=3, n_head=3, activation_function="gelu_new"),
        hf.GPT2LMHeadModel, "gpt2", 0, "float32", "older",
    ),
    "gpt2-narrow": (
        hf.GPT2Config(n_positions=128, n_embd=44, n_layer=2, n_head=4, n_inner=90, layer_norm_epsilon=1e-6),
        hf.GPT2LMHeadModel, "gpt2", 3, "float16", "one",
    ),
    "roberta-sharded": (
        hf.RobertaConfig(max_position_embeddings=162, **sized(45, 85, 3, 5), type_vocab_size=1, hidden_act="gelu",
                         layer_norm_eps=1e-5, bos_token_id=0, pad_token_id=1, eos_token_id=2),
        hf.RobertaForMaskedLM, "roberta", 0, "bfloat16", "sharded",
    ),
    "roberta-bin": (
        hf.RobertaConfig(max_position_embeddings=130, **sized(36, 70, 2, 3), type_vocab_size=1, hidden_act="gelu",
                         layer_norm_eps=1e-12, bos_token_id=0, pad_token_id=1, eos_token_id=2),
        hf.RobertaForMaskedLM, "roberta", 0, "float32", "bin",
    ),
    "distilbert-uncased": (
        hf.DistilBertConfig(max_position_embeddings=160, dim=42, hidden_dim=77, n_layers=3, n_heads=3, pad_token_id=0),
        hf.DistilBertForMaskedLM, "bert", 0, "float32", "one",
    ),
    "distilbert-cased": (
        hf.DistilBertConfig(max_position_embeddings=128, dim=40, hidden_dim=64, n_layers=2, n_heads=4, pad_token_id=0),
        hf.DistilBertForMaskedLM, "bert-cased", 2, "float16", "one",
    ),
    "roberta-classifier": (
        hf.RobertaConfig(max_position_embeddings=130, **sized(24, 36, 2, 2), type_vocab_size=1, num_labels=3,
                         bos_token_id=0, pad_token_id=1, eos_token_id=2),
        hf.RobertaForSequenceClassification, "roberta", 0, "float32", "one",
    ),
    "distilbert-classifier": (
        hf.DistilBertConfig(max_position_embeddings=128, dim=24, hidden_dim=36, n_layers=2, n_heads=2, num_labels=3),
        hf.DistilBertForSequenceClassification, "bert", 0, "float32", "one",
    ),
    "qwen2-classifier": (
        hf.Qwen2Config(**SMALL, **sized(24, 36, 2, 3, 1, 8), use_sliding_window=False, num_labels=3,
                       rope_parameters=rope(1e4), tie_word_embeddings=True),
        hf.Qwen2ForSequenceClassification, "qwen", 0, "float32", "one",
    ),
}
STORED = ("llama-grouped", "mistral-odd")
LABELS = {0: "poor", 1: "so-so", 2: "fine"}
# Settings of old files, in the place of those transformers writes today.
OLD_KEYS: dict[str, Callable[[dict], dict]] = {
    "llama-scaled": lambda c: {
        **without(c, "rope_parameters"),
        "rope_theta": 500.0,
        "rope_scaling": LLAMA3_SCALING,
        "torch_dtype": "float32",
    },
    "mistral-odd": lambda c: {**without(c, "rope_parameters"), "rope_theta": 1e4},
    "qwen2-grouped": lambda c: {**without(c, "layer_types"), "use_sliding_window": False, "sliding_window": 32768},
    "qwen2-untied": lambda c: {
        **without(c, "rope_parameters", "layer_types"),
        "rope_theta": 1e4,
        "rope_scaling": {"type": "linear", "factor": 2.0},
    },
    "gemma3-older": lambda c: {
        **without(c, "rope_parameters", "layer_types"),
        "sliding_window_pattern": 2,
        "rope_theta": 1e5,
        "rope_local_base_freq": 1e3,
        "rope_scaling": {"rope_type": "linear", "factor": 8.0},
    },
}


def without(values: dict, *keys: str) -> dict:
    return {key: value for key, value in values.items() if key not in keys}


def corpus() -> list[str]:
    reviews = [row["text"] for row in read_lines(str(FIXTURES / "reviews.jsonl"))]
    demo = [row["text"] for row in read_lines("public/demo/train.jsonl")]
    plain = [case for case in CASES if "<" not in case and "[" not in case]
    # Label words of masked models must be one token.
    labels = ["It was terrible .", "It was great ."] * 150
    return reviews + demo[:300] + [*TEXTS, *plain] * 3 + labels


def spread_out(model: torch.nn.Module, seed: int) -> None:
    """Weights far from zero and one, and from each other."""
    generator = torch.Generator().manual_seed(seed)
    is_gemma = "Gemma" in type(model).__name__
    for name, parameter in model.named_parameters():
        values = torch.randn(parameter.shape, generator=generator)
        if parameter.dim() == 2:
            values = values * 0.15
        elif "norm" in name.lower() or "ln_" in name:
            values = values * 0.3 + (0.0 if is_gemma or name.endswith("bias") else 1.0)
        else:
            values = values * 0.1
        parameter.data.copy_(values)


def write_tokenizer(folder: Path, kind: str) -> int:
    """Writes the tokenizer's files and returns how many ids it has."""
    tokenizer, more = FAMILIES[kind](corpus())
    fast = hf.PreTrainedTokenizerFast(tokenizer_object=tokenizer, **more)
    fast.save_pretrained(folder)
    return len(fast)


def write_older_tokenizer(folder: Path, names: tuple[str, ...]) -> None:
    """The same tokenizer as vocab.json and merges.txt, or vocab.txt, instead of tokenizer.json."""
    file = folder / "tokenizer.json"
    model = json.loads(file.read_text("utf-8"))
    vocab = dict(model["model"]["vocab"]) | {token["content"]: token["id"] for token in model["added_tokens"]}
    ordered = sorted(vocab, key=lambda token: vocab[token])
    if "vocab.txt" in names:
        (folder / "vocab.txt").write_text("".join(f"{token}\n" for token in ordered), encoding="utf-8")
    else:
        merges = "".join(f"{' '.join(pair)}\n" for pair in model["model"]["merges"])
        (folder / "merges.txt").write_text(f"#version: 0.2\n{merges}", encoding="utf-8")
        (folder / "vocab.json").write_text(json.dumps({token: vocab[token] for token in ordered}), encoding="utf-8")
    file.unlink()
    # transformers builds the tokenizer of files like these from the class they name.
    names_class = {"vocab.txt": "DistilBertTokenizer"}.get(names[0], "RobertaTokenizer")
    if "<|endoftext|>" in vocab:
        names_class = "GPT2Tokenizer"
    settings_file = folder / "tokenizer_config.json"
    settings_of_it = json.loads(settings_file.read_text("utf-8")) | {"tokenizer_class": names_class}
    settings_file.write_text(json.dumps(settings_of_it, indent=1) + "\n", encoding="utf-8")


def write_weights(folder: Path, model: torch.nn.Module, form: str) -> None:
    if form == "sharded":
        model.save_pretrained(folder, max_shard_size="60KB")
        return
    model.save_pretrained(folder)
    file = folder / "model.safetensors"
    if form == "one":
        return
    tensors = load_file(file)
    if form == "head kept":
        # As the first files of Qwen3-0.6B have it, though it is tied.
        save_file({**tensors, "lm_head.weight": tensors["model.embed_tokens.weight"].clone()}, file, {"format": "pt"})
        return
    if form == "older":
        # GPT-2's first files: no prefix, and buffers of the causal mask.
        mask = torch.ones(160, 160).tril().view(1, 1, 160, 160).to(torch.uint8)
        tensors = {name.removeprefix("transformer."): value for name, value in tensors.items()}
        tensors |= {f"h.{i}.attn.bias": mask for i in range(3)}
        tensors |= {f"h.{i}.attn.masked_bias": torch.tensor(-1e4) for i in range(3)}
    torch.save(tensors, folder / "pytorch_model.bin")
    file.unlink()


def checkpoint(name: str) -> None:
    config, kind, tokens, extra, dtype, form = SPECS[name]
    folder = FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    config.vocab_size = write_tokenizer(folder, tokens) + extra
    tokenizer = hf.AutoTokenizer.from_pretrained(folder)
    for role in ("bos", "eos", "pad"):
        if (token := getattr(tokenizer, f"{role}_token_id")) is not None:
            setattr(config, f"{role}_token_id", token)
    if "classifier" in name:
        config.id2label, config.label2id = LABELS, {label: i for i, label in LABELS.items()}
    torch.manual_seed(0)
    model = kind(config)
    spread_out(model, 1 + list(SPECS).index(name))
    model.to(getattr(torch, dtype))
    write_weights(folder, model, form)
    file = folder / "config.json"
    written_config = json.loads(file.read_text())
    if name in OLD_KEYS:
        written_config = OLD_KEYS[name](written_config)
    file.write_text(json.dumps(written_config, indent=1) + "\n")
    if form in ("older", "bin") and tokens in ("gpt2", "roberta"):
        write_older_tokenizer(folder, ("vocab.json", "merges.txt"))
    if name == "distilbert-cased":
        write_older_tokenizer(folder, ("vocab.txt",))


def tokenizer_values(folder: Path, subject: Subject) -> dict:
    ids = [subject.ids(text) for text in CASES]
    file = folder / "tokenizer.json"
    if file.exists():
        # transformers may build another tokenizer than the file says; here they must agree.
        own = Tokenizer.from_file(str(file))
        own.encode_special_tokens = True
        assert ids == [own.encode(text).ids for text in CASES], folder.name
    pairs = [subject.tokenizer(first, second)["input_ids"] for first, second in PAIRS]
    decoded = [subject.tokenizer.decode(row, clean_up_tokenization_spaces=False) for row in ids]
    return {"tokenizer": [list(case) for case in zip(ids, decoded, strict=True)], "pairs": pairs}


def greedy(subject: Subject) -> list[dict]:
    lines = []
    for prompt in PROMPTS:
        ids = subject.ids(prompt)
        out, gap = written(subject, ids, NEW_TOKENS)
        if gap >= CLOSEST:
            text = subject.tokenizer.decode(out, skip_special_tokens=True, clean_up_tokenization_spaces=False)
            lines.append({"prompt": prompt, "prompt_ids": ids, "ids": out, "text": text, "smallest_gap": gap})
    assert len(lines) >= 3, f"only {len(lines)} prompts have clear continuations"
    return lines[:4]


@torch.no_grad()
def fill(subject: Subject) -> list[dict]:
    lines = []
    for prompt in PROMPTS:
        ids = subject.masked_ids(prompt + " {mask} .")
        first, second = subject.log_softmax(ids)[ids.index(subject.tokenizer.mask_token_id)].topk(2).values.tolist()
        best = int(subject.log_softmax(ids)[ids.index(subject.tokenizer.mask_token_id)].argmax())
        if first - second >= CLOSEST:
            lines.append({"template": prompt + " {mask} .", "ids": ids, "best": best, "log_p": first})
    return lines[:5]


@torch.no_grad()
def expected(name: str) -> dict:
    folder = FOLDER / name
    subject = Subject(str(folder))
    values: dict = {
        "class": type(subject.model).__name__,
        "parameters": subject.table(),
        **tokenizer_values(folder, subject),
    }
    rows = read_lines(str(FIXTURES / "reviews.jsonl"))
    if subject.is_classifier:
        log_p = [subject.log_softmax(subject.ids(text.strip())).tolist() for text in TEXTS]
        return {**values, "labels": log_p}
    values["score"] = [dict(zip(("tokens", "nll"), subject.nll(text), strict=True)) for text in TEXTS]
    values["fill" if subject.is_masked else "greedy"] = fill(subject) if subject.is_masked else greedy(subject)
    rates = ("--lr", "2e-5", "--lr-anchor", "4e-5")
    values["train"] = {m: list(trained(str(folder), rows, settings("--method", m, *rates))) for m in METHODS}
    values["head"] = list(trained(str(folder), rows, settings("--head", *rates)))
    if name in STORED:
        values["stored"] = {dtype: stored(folder, rows, dtype, rates) for dtype in ("f16", "bf16")}
    return values


def stored(folder: Path, rows: list[dict], dtype: str, rates: tuple[str, ...]) -> dict:
    steps = list(trained(str(folder), rows, settings("--dtype", dtype, *rates)))
    given = settings("--dtype", dtype)
    run = Run(Subject(str(folder)), given, lambda _: 0.0)
    coefficients = [round16(1e-3 * math.sin(step + 1) ** 5) for step in range(given.steps)]
    coefficients[3] = 0.0
    for step, coefficient in enumerate(coefficients):
        run.move(step, (run.direction(step, None), coefficient))
    flat = torch.cat([weight.flatten() for weight in run.theta]).to(run.dtype).view(torch.int16)
    return {"train": steps, "coefficients": coefficients, "sha256": hashlib.sha256(flat.numpy().tobytes()).hexdigest()}


def write_expected(name: str) -> None:
    values = expected(name)
    lines = [f"{json.dumps(key)}: {lined(value)}" for key, value in values.items()]
    (FOLDER / name / "expected.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def lined(value: object) -> str:
    """JSON with a line for each entry of a list."""
    if isinstance(value, dict):
        return "{\n" + ",\n".join(f"{json.dumps(key)}: {lined(entry)}" for key, entry in value.items()) + "\n}"
    if isinstance(value, list):
        return "[\n" + ",\n".join(json.dumps(entry) for entry in value) + "\n]"
    return json.dumps(value)


def main() -> None:
    torch.set_num_threads(1)  # the models are smaller than what threads gain
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "texts.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in TEXTS))
    (FOLDER / "tokenizer_cases.json").write_text(json.dumps({"texts": CASES, "pairs": PAIRS}, indent=1) + "\n")
    for name in sys.argv[1:] or SPECS:
        checkpoint(name)
        write_expected(name)
        size = sum(file.stat().st_size for file in (FOLDER / name).iterdir())
        print(name, f"{size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
