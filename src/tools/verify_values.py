"""Writes what transformers makes of the small checkpoints, in the form `zeroth verify MODEL --against FILE` reads.

    pip install torch==2.13.0 transformers==5.18.0
    python src/tools/verify_values.py           (in the repository's root)

Writes test/fixtures/NAME/expected.verify.json. The kinds of check are those published of the real models, so that
what `verify` does with them is tried without them: eager attention, float32 on the CPU, right padding with id 1.
"""
import json
from pathlib import Path

import torch
from transformers import AutoTokenizer, OPTForCausalLM

FIXTURES = Path("test/fixtures")
NAMES = ["opt-tiny-pre-ln", "opt-tiny-post-ln"]
PROMPTS = ["Today is a beautiful day and I want", "In the city of", "Computers and mobile phones"]
PAD = 1
WRITTEN = 8
# The likeliest id must lead by so much that no rounding turns it.
CLEAR = 1e-3
SOURCE = "transformers, OPTForCausalLM in float32, by src/tools/verify_values.py"


def greedy(model, ids):
    written = []
    while len(written) < WRITTEN:
        logits = model(torch.tensor([ids + written])).logits[0, -1]
        first, second = logits.topk(2).values
        assert first - second > CLEAR, f"no clear winner after {ids + written}"
        written.append(int(logits.argmax()))
    return written


@torch.no_grad()
def values_of(name):
    folder = FIXTURES / name
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = OPTForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    config = model.config
    rows = [[2] + tokenizer.encode(text, add_special_tokens=False) for text in PROMPTS]
    named = lambda what: {"name": what, "source": SOURCE}
    checks = [
        {"kind": "parameters", **named("number of parameters"), "expected": sum(p.numel() for p in model.parameters())}
    ]
    ids = torch.tensor([rows[0]])
    loss = model(ids, labels=ids).loss.item()
    checks.append({"kind": "loss", **named("loss of a sentence"), "ids": rows[0], "expected": loss, "allowed": 1e-5})
    hidden = model.model(ids).last_hidden_state[0, :3, :3]
    checks.append(
        {"kind": "hidden", **named("last hidden state, [:3, :3]"), "ids": rows[0], "expected": hidden.tolist(),
         "allowed": 1e-5, "relative": 1e-5}
    )
    longest = max(map(len, rows))
    padded = [row + [PAD] * (longest - len(row)) for row in rows]
    mask = [[1] * len(row) + [0] * (longest - len(row)) for row in rows]
    logits = model(torch.tensor(padded), attention_mask=torch.tensor(mask)).logits.mean(dim=-1)
    checks.append(
        {"kind": "logits mean", **named("mean of the logits over the vocabulary, by position"), "ids": padded,
         "mask": mask, "expected": logits.tolist(), "allowed": 1e-5, "relative": 1e-5}
    )
    for text, row in zip(PROMPTS, rows):
        checks.append({"kind": "tokens", **named(f'tokens of "{text}"'), "text": text, "expected": row})
        written = greedy(model, row)
        checks.append(
            {"kind": "greedy", **named(f'greedy after "{text}"'), "ids": row, "expected": written,
             "text": tokenizer.decode(row[1:] + written)}
        )
    shape = {
        "hidden_size": config.hidden_size,
        "num_hidden_layers": config.num_hidden_layers,
        "word_embed_proj_dim": config.word_embed_proj_dim,
        "vocab_size": config.vocab_size,
    }
    return {"name": name, "shape": shape, "checks": checks, "notChecked": [{"name": "a long text", "why": "an example"}]}


for name in NAMES:
    values = {"about": f"Made by src/tools/verify_values.py with torch {torch.__version__.split('+')[0]}.",
              "models": [values_of(name)]}
    path = FIXTURES / name / "expected.verify.json"
    path.write_text(json.dumps(values) + "\n")
    print(path)
