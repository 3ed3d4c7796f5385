"""Writes what PyTorch expects of OPT with a score head on the last token.

    python src/tools/head_fixture.py          # from the repository's root

* `test/fixtures/opt-tiny-classifier`: config.json and score.safetensors of a checkpoint whose other
  weights are those of opt-tiny-pre-ln, `expected.jsonl` its log-probabilities for texts.jsonl, and
  `expected.pairs.jsonl` the ids Hugging Face's tokenizer gives for pairs of texts.
* `expected.head.jsonl` in opt-tiny-pre-ln and opt-tiny-post-ln: the same with a head of three labels
  begun from seed 11.
* `expected.head.mezo.jsonl` and `expected.head.mezo_svrg.jsonl` there: twelve steps on reviews.jsonl
  with a head of two labels begun from the run's seed, and the loss over all rows after them.

The forward pass is transformers' OPTForSequenceClassification in float32; noise, step rules and the
head's beginning are written here from the papers and from the contract of the noise, sharing no code
with the application. Needs numpy, torch, transformers and safetensors.
"""

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from transformers import AutoTokenizer, OPTForSequenceClassification

FIXTURES = Path("test/fixtures")
WORD = np.uint64(0xFFFFFFFF)
HEAD_STEP = 0xFFFFFFFF
SHUFFLE_STREAM = 0xFFFFFFFE
SEED, STEPS, BATCH_SIZE, EPSILON, LEARNING_RATE = 42, 12, 8, 1e-3, 2e-4
ANCHOR_LEARNING_RATE, SVRG_Q = 4e-4, 3


def philox(seed: int, indices: np.ndarray, b: int, c: int, d: int) -> np.ndarray:
    """[4, n] words of Philox4x32-10 at counters (index, b, c, d)."""
    x0, x1, x2, x3 = (np.broadcast_to(np.asarray(v, np.uint64), indices.shape) for v in (indices, b, c, d))
    k0, k1 = np.uint64(seed & 0xFFFFFFFF), np.uint64(seed >> 32)
    shift = np.uint64(32)
    for _ in range(10):
        p0, p1 = np.uint64(0xD2511F53) * x0, np.uint64(0xCD9E8D57) * x2
        x0, x1, x2, x3 = (p1 >> shift) ^ x1 ^ k0, p1 & WORD, (p0 >> shift) ^ x3 ^ k1, p0 & WORD
        k0, k1 = (k0 + np.uint64(0x9E3779B9)) & WORD, (k1 + np.uint64(0xBB67AE85)) & WORD
    return np.stack([x0, x1, x2, x3])


def binomial(seed: int, tensor: int, step: int, shape: torch.Size) -> torch.Tensor:
    """(set bits of a 16-bit half - 8) / 2, eight elements a call, low halves first."""
    count = shape.numel()
    words = philox(seed, np.arange((count + 7) // 8, dtype=np.uint64), tensor, step, 0)
    halves = np.stack([words & np.uint64(0xFFFF), words >> np.uint64(16)], axis=1).reshape(8, -1)
    bits = np.array([int(half).bit_count() for half in halves.T.reshape(-1)[:count]])
    return torch.from_numpy(((bits - 8) / 2).astype(np.float32)).view(shape)


def round16(value: float) -> float:
    """16 significant bits, to nearest."""
    bits = np.float32(value).view(np.uint32)
    return float(((bits + np.uint32(0x80)) & np.uint32(0xFFFFFF00)).view(np.float32))


def batches(rows: int) -> list[list[int]]:
    """Every epoch in an order of its own: rows ranked by one word each."""
    plan: list[list[int]] = []
    epoch = 0
    while len(plan) < STEPS:
        words = philox(SEED, np.arange(rows, dtype=np.uint64), SHUFFLE_STREAM, epoch, 0)[0]
        order = sorted(range(rows), key=lambda i: (int(words[i]), i))
        plan += [order[i : i + BATCH_SIZE] for i in range(0, rows, BATCH_SIZE)]
        epoch += 1
    return plan[:STEPS]


def with_new_head(fixture: str, labels: int, seed: int) -> OPTForSequenceClassification:
    model = OPTForSequenceClassification.from_pretrained(
        FIXTURES / fixture, num_labels=labels, dtype=torch.float32, attn_implementation="eager"
    ).eval()
    names = [name for name, _ in model.named_parameters()]
    assert names[-1] == "score.weight", names[-1]
    z = binomial(seed, len(names) - 1, HEAD_STEP, model.score.weight.shape)
    with torch.no_grad():
        model.score.weight.copy_((0.02 * z.double()).float())
    return model


def log_probabilities(model: OPTForSequenceClassification, ids: list[int]) -> torch.Tensor:
    return torch.log_softmax(model(torch.tensor([ids])).logits[0].double(), -1)


def write(path: Path, lines: list[dict]) -> None:
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")


def read(name: str) -> list[dict]:
    return [json.loads(line) for line in (FIXTURES / name).read_text("utf-8").splitlines()]


def scored(model: OPTForSequenceClassification, fixture: str) -> list[dict]:
    tokenizer = AutoTokenizer.from_pretrained(FIXTURES / fixture)
    texts = [line["text"] for line in read("texts.jsonl")]
    ids = [tokenizer(text.strip())["input_ids"] for text in texts]
    return [{"log_probs": log_probabilities(model, row).tolist()} for row in ids]


def trajectory(fixture: str, method: str) -> list[dict]:
    model = with_new_head(fixture, 2, SEED)
    tokenizer = AutoTokenizer.from_pretrained(FIXTURES / fixture)
    rows = read("reviews.jsonl")
    ids = [tokenizer(row["text"].strip())["input_ids"] for row in rows]
    parameters = [parameter for _, parameter in model.named_parameters()]
    theta = [parameter.data.clone() for parameter in parameters]
    epsilon = round16(EPSILON)

    def loss_at(base: list[torch.Tensor], z: list[torch.Tensor], scale: float, batch: list[int]) -> float:
        for parameter, weight, direction in zip(parameters, base, z, strict=True):
            parameter.data.copy_(weight + scale * direction)
        return sum(-float(log_probabilities(model, ids[i])[int(rows[i]["label"])]) for i in batch) / len(batch)

    def estimate(base: list[torch.Tensor], z: list[torch.Tensor], batch: list[int]) -> tuple[float, float, float]:
        plus, minus = (loss_at(base, z, sign * epsilon, batch) for sign in (1, -1))
        return plus, minus, (plus - minus) / (2 * epsilon)

    def move(z: list[torch.Tensor], coefficient: float) -> None:
        for weight, direction in zip(theta, z, strict=True):
            weight.add_(direction, alpha=round16(coefficient))

    out: list[dict] = []
    anchor: tuple[list[torch.Tensor], float] | None = None
    snapshot = theta
    for step, batch in enumerate(batches(len(rows))):
        z = [binomial(SEED, i, step, weight.shape) for i, weight in enumerate(theta)]
        more: dict = {}
        if method == "mezo":
            plus, minus, gradient = estimate(theta, z, batch)
            move(z, -LEARNING_RATE * gradient)
        elif step % SVRG_Q == 0:
            snapshot = [weight.clone() for weight in theta]
            plus, minus, gradient = estimate(theta, z, list(range(len(rows))))
            anchor = (z, gradient)
            move(z, -ANCHOR_LEARNING_RATE * gradient)
            more = {"kind": "anchor"}
        else:
            plus, minus, gradient = estimate(theta, z, batch)
            there_plus, there_minus, there = estimate(snapshot, z, batch)
            move(z, -LEARNING_RATE * (gradient - there))
            move(anchor[0], -LEARNING_RATE * anchor[1])
            more = {
                "kind": "mini",
                "snapshot_loss_plus": there_plus,
                "snapshot_loss_minus": there_minus,
                "snapshot_projected_grad": there,
            }
        losses = {"loss": (plus + minus) / 2, "loss_plus": plus, "loss_minus": minus}
        out.append({"step": step + 1, **losses, "projected_grad": gradient, **more})
    zeros = [torch.zeros_like(weight) for weight in theta]
    return [*out, {"final_loss": loss_at(theta, zeros, 0.0, list(range(len(rows))))}]


def classifier() -> None:
    folder = FIXTURES / "opt-tiny-classifier"
    folder.mkdir(exist_ok=True)
    model = with_new_head("opt-tiny-pre-ln", 3, 0)
    with torch.no_grad():
        model.score.weight.mul_(20)
    names = {0: "poor", 1: "so-so", 2: "fine"}
    model.config.id2label = names
    model.config.label2id = {name: i for i, name in names.items()}
    model.config.architectures = ["OPTForSequenceClassification"]
    model.config.to_json_file(folder / "config.json", use_diff=False)
    save_file({"score.weight": model.score.weight.data.contiguous()}, folder / "score.safetensors")
    write(folder / "expected.jsonl", scored(model, "opt-tiny-pre-ln"))
    tokenizer = AutoTokenizer.from_pretrained(FIXTURES / "opt-tiny-pre-ln")
    pairs = [("A fine film.", "It was dull."), ("One two", "three"), ("\u00e9t\u00e9", "Summer!")]
    ids = [{"first": a, "second": b, "ids": tokenizer(a, b)["input_ids"]} for a, b in pairs]
    write(folder / "expected.pairs.jsonl", ids)


@torch.no_grad()
def main() -> None:
    classifier()
    for fixture, method in (("opt-tiny-pre-ln", "mezo"), ("opt-tiny-post-ln", "mezo_svrg")):
        model = with_new_head(fixture, 3, 11)
        write(FIXTURES / fixture / "expected.head.jsonl", scored(model, fixture))
        write(FIXTURES / fixture / f"expected.head.{method}.jsonl", trajectory(fixture, method))


if __name__ == "__main__":
    main()
