"""Small tokenizers, each built of the parts its family's own has, trained on the texts of the fixtures.

Used by family_fixtures.py. `FAMILIES` maps a kind to a function that returns the tokenizer and the arguments
transformers needs beside it.
"""

from collections.abc import Iterable

from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

LLAMA3_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN_PATTERN = LLAMA3_PATTERN.replace(r"\p{N}{1,3}", r"\p{N}")
SPACE = "\u2581"
Made = tuple[Tokenizer, dict]


def byte_level(texts: list[str], merges: int, first: list[str], pre: pre_tokenizers.PreTokenizer, **model) -> Tokenizer:
    """Byte-level BPE with `first` as its first ids."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre
    size = len(first) + 256 + merges
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=first, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    return with_model(tokenizer, **model)


def with_model(tokenizer: Tokenizer, **options) -> Tokenizer:
    """The same tokenizer with a BPE model of other options, and without special tokens."""
    import json

    model = json.loads(tokenizer.to_str())["model"]
    merges = [tuple(pair) for pair in model["merges"]]
    out = Tokenizer(models.BPE(vocab=model["vocab"], merges=merges, **options))
    out.pre_tokenizer = tokenizer.pre_tokenizer
    out.decoder = decoders.ByteLevel()
    return out


def special(tokenizer: Tokenizer, *tokens: str) -> None:
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in tokens])


def after(tokenizer: Tokenizer, token: str) -> processors.TemplateProcessing:
    """Puts a token in front of every text."""
    return processors.TemplateProcessing(
        single=f"{token} $A", pair=f"{token} $A {token} $B", special_tokens=[(token, tokenizer.token_to_id(token))]
    )


def smol(texts: list[str]) -> Made:
    pre = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    first = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    tokenizer = byte_level(texts, 142, first, pre)
    special(tokenizer, *first)
    return tokenizer, {"bos_token": first[1], "eos_token": first[2], "unk_token": first[0], "pad_token": first[2]}


def llama3(texts: list[str]) -> Made:
    pre = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(LLAMA3_PATTERN), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer = byte_level(texts, 120, [], pre, ignore_merges=True)
    special(tokenizer, "<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>")
    tokenizer.post_processor = processors.Sequence(
        [processors.ByteLevel(trim_offsets=False), after(tokenizer, "<|begin_of_text|>")]
    )
    return tokenizer, {"bos_token": "<|begin_of_text|>", "eos_token": "<|end_of_text|>"}


def qwen(texts: list[str]) -> Made:
    pre = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(QWEN_PATTERN), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer = byte_level(texts, 131, [], pre)
    tokenizer.normalizer = normalizers.NFC()
    special(tokenizer, "<|endoftext|>", "<|im_start|>", "<|im_end|>")
    # Qwen's tool tokens are found in texts, though they look like special ones.
    tokenizer.add_tokens([AddedToken("<tool_call>", special=False, normalized=False)])
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return tokenizer, {"eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>"}


def sentencepiece(texts: Iterable[str], merges: int, first: list[str], **model) -> Tokenizer:
    """BPE over characters with U+2581 for a space, and a token for each byte that no character stands for."""
    tokens = [*first, *(f"<0x{byte:02X}>" for byte in range(256))]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement=SPACE, prepend_scheme="always")
    # Rare characters stay out, so that they are spelled in bytes.
    trainer = trainers.BpeTrainer(
        vocab_size=len(tokens) + 60 + merges, special_tokens=tokens, limit_alphabet=60, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    return with_model(tokenizer, fuse_unk=True, byte_fallback=True, **model)


def llama2(texts: list[str]) -> Made:
    """As the files of Llama 2, TinyLlama and the first Mistral have it."""
    tokenizer = sentencepiece(texts, 90, ["<unk>", "<s>", "</s>"], unk_token="<unk>")
    special(tokenizer, "<unk>", "<s>", "</s>")
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend(SPACE), normalizers.Replace(" ", SPACE)])
    tokenizer.pre_tokenizer = None
    tokenizer.post_processor = after(tokenizer, "<s>")
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    return tokenizer, {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}


def mistral(texts: list[str]) -> Made:
    """As later files have it: no normalizer, a space only before the first text."""
    tokenizer, more = llama2(texts)
    tokenizer.normalizer = None
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement=SPACE, prepend_scheme="first", split=False)
    return tokenizer, more


def gemma(texts: list[str]) -> Made:
    first = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
    tokenizer = sentencepiece(texts, 80, first, unk_token="<unk>")
    special(tokenizer, *first, "<start_of_turn>", "<end_of_turn>")
    plain = ["\n\n", "\n\n\n", SPACE * 2, "<table>"]
    tokenizer.add_tokens([AddedToken(token, special=False, normalized=False) for token in plain])
    tokenizer.normalizer = normalizers.Replace(" ", SPACE)
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.post_processor = after(tokenizer, "<bos>")
    tokenizer.decoder = decoders.Sequence([decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse()])
    names = {name: f"<{name}>" for name in ("pad", "eos", "bos", "unk", "mask")}
    return tokenizer, {f"{name}_token": token for name, token in names.items()}


def gpt2(texts: list[str]) -> Made:
    end = "<|endoftext|>"
    tokenizer = byte_level(texts, 128, [], pre_tokenizers.ByteLevel(add_prefix_space=False))
    special(tokenizer, end)
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return tokenizer, {"bos_token": end, "eos_token": end, "unk_token": end}


def roberta(texts: list[str]) -> Made:
    first = ["<s>", "<pad>", "</s>", "<unk>"]
    tokenizer = byte_level(texts, 124, first, pre_tokenizers.ByteLevel(add_prefix_space=False))
    special(tokenizer, *first)
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True, normalized=False)])
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), True, False)
    names = {"bos": "<s>", "cls": "<s>", "eos": "</s>", "sep": "</s>", "pad": "<pad>", "unk": "<unk>"}
    mask = AddedToken("<mask>", lstrip=True, special=True, normalized=False)
    return tokenizer, {**{f"{name}_token": token for name, token in names.items()}, "mask_token": mask}


def wordpiece(texts: list[str], lower_case: bool) -> Made:
    first = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lower_case)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=331, special_tokens=first, limit_alphabet=75, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    ids = {token: tokenizer.token_to_id(token) for token in first}
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0",
        pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[(token, ids[token]) for token in ("[CLS]", "[SEP]")],
    )
    tokenizer.decoder = decoders.WordPiece(prefix="##")
    names = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
    return tokenizer, {f"{name}_token": token for name, token in names.items()} | {"do_lower_case": lower_case}


FAMILIES = {
    "smol": smol,
    "llama3": llama3,
    "llama2": llama2,
    "mistral": mistral,
    "qwen": qwen,
    "gemma": gemma,
    "gpt2": gpt2,
    "roberta": roberta,
    "bert": lambda texts: wordpiece(texts, True),
    "bert-cased": lambda texts: wordpiece(texts, False),
}
