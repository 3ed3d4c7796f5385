"""Writes what greedy generation and sampling must come to.

    pip install torch==2.13 transformers==5.18.0
    python src/tools/generations.py             (in the repository's root)

Writes test/fixtures/CHECKPOINT/expected.greedy.jsonl (prompt ids and the ids transformers writes on, float32, cached) and
test/fixtures/warpers.expected.json (probabilities that temperature, top-k and top-p leave of some logits); test/fixtures/
opt-tiny-real-vocab/squad.jsonl, rows of which some are answered well by what that model writes, and squad.expected.jsonl
beside it with the F1 and exact match MeZO's metric gives. Refuses a continuation whose two best logits ever lie so close
that another adapter's rounding could swap them.
"""
import json
from pathlib import Path

import torch
from transformers import AutoTokenizer, GenerationConfig, OPTForCausalLM
from transformers.generation.logits_process import (
    LogitsProcessorList,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from task_prompts import NEW_TOKENS as ANSWER_TOKENS
from task_prompts import encoded, normalized, squad, word_f1

FIXTURES = Path("test/fixtures")
PROMPTS = [
    "",
    "The",
    "A long and winding film that never quite finds its way home. It was",
    "Question: who wrote the book?\nAnswer:",
    "One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen",
]
NEW_TOKENS = 24
CLOSEST = 1e-4  # logits of order 1; adapters differ by some 1e-6


def open_model(folder):
    model = OPTForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    return model, AutoTokenizer.from_pretrained(folder)


def write_on(model, ids, new_tokens, ends=2):
    """The ids written greedily after `ids`, and how close the two best logits ever were."""
    config = GenerationConfig(
        max_new_tokens=new_tokens, do_sample=False, eos_token_id=ends, pad_token_id=1,
        output_logits=True, return_dict_in_generate=True,
    )
    with torch.no_grad():
        mask = torch.ones(1, len(ids), dtype=torch.long)
        out = model.generate(torch.tensor([ids]), attention_mask=mask, generation_config=config)
    gap = min(float(best[0] - best[1]) for best in (logits[0].topk(2).values for logits in out.logits))
    if gap < CLOSEST:
        raise SystemExit(f"after {ids} two logits are {gap:.1e} apart; choose another prompt")
    return out.sequences[0, len(ids):].tolist(), gap


def greedy(folder):
    model, tokenizer = open_model(folder)
    lines = []
    for prompt in PROMPTS:
        ids = [2, *tokenizer.encode(prompt, add_special_tokens=False)]
        written, gap = write_on(model, ids, NEW_TOKENS)
        text = tokenizer.decode(written, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        lines.append({"prompt": prompt, "prompt_ids": ids, "ids": written, "text": text, "smallest_gap": gap})
    (folder / "expected.greedy.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    print(folder.name, [len(line["ids"]) for line in lines], f"{min(line['smallest_gap'] for line in lines):.1e}")


def answers(folder):
    """MeZO's evaluation of a task that is judged by what is written, on rows whose answers are partly right."""
    model, tokenizer = open_model(folder)
    rows, lines = [], []
    for at, question in enumerate(["Who?", "What was it?", "How many boats came back?", "Why?", "When did it end?"]):
        row = {"title": "Boats", "context": "Three boats left.", "question": question, "answers": {"text": ["?"]}}
        ids = encoded(squad(row)[0], 2, 128)["promptIds"]
        written, _ = write_on(model, ids, ANSWER_TOKENS, [tokenizer.encode("\n", add_special_tokens=False)[0], 2])
        text = tokenizer.decode(written, skip_special_tokens=True, clean_up_tokenization_spaces=False).strip()
        words = text.split()
        golds = [[text], ["no such words"], [" ".join(words[:3]) + " and more"], ["four", " ".join(words[4:30])],
                 [words[0], words[-1]]][at]
        row["answers"] = {"text": golds, "answer_start": [0] * len(golds)}
        rows.append(row)
        exact = any(normalized(text) == normalized(gold) for gold in golds)
        lines.append({"text": text, "f1": word_f1(text, golds), "is_exact": exact})
    (folder / "squad.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "squad.expected.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    print(folder.name, "F1", [round(line["f1"], 3) for line in lines])


def warped(logits, temperature, top_k, top_p):
    """In the order transformers' generate applies them."""
    chain = LogitsProcessorList()
    if temperature != 1.0:
        chain.append(TemperatureLogitsWarper(temperature))
    if top_k > 0:
        chain.append(TopKLogitsWarper(top_k))
    if top_p < 1.0:
        chain.append(TopPLogitsWarper(top_p))
    return chain(torch.empty(1, 0, dtype=torch.long), logits.double()[None]).softmax(-1)[0]


def warpers():
    torch.manual_seed(5)
    spread, flat = torch.randn(60) * 3, torch.randn(40) * 0.1
    ties = torch.tensor([1.0, 2.0, 2.0, 0.5, 2.0, -1.0, 1.0, 1.0])
    cases = []
    for name, logits in [("spread", spread), ("flat", flat), ("ties", ties)]:
        for temperature, top_k, top_p in [
            (1.0, 0, 1.0), (0.7, 0, 1.0), (2.5, 0, 1.0), (1.0, 5, 1.0), (1.0, 1, 1.0), (1.0, 500, 1.0),
            (1.0, 0, 0.9), (1.0, 0, 0.3), (1.0, 0, 1e-6), (0.7, 20, 0.8), (1.5, 2, 0.95),
        ]:
            if name == "ties" and top_p < 1.0:
                continue  # which of equals top-p keeps is torch's sort's choice
            cases.append({
                "logits": logits.tolist(), "temperature": temperature, "top_k": top_k, "top_p": top_p,
                "probabilities": warped(logits, temperature, top_k, top_p).tolist(),
            })
    (FIXTURES / "warpers.expected.json").write_text("".join(["[\n", ",\n".join(map(json.dumps, cases)), "\n]\n"]))
    print(len(cases), "cases of warpers")


for name in ["opt-tiny-pre-ln", "opt-tiny-post-ln", "opt-tiny-real-vocab"]:
    greedy(FIXTURES / name)
answers(FIXTURES / "opt-tiny-real-vocab")
warpers()
