"""What MeZO does to weights stored as halves, by PyTorch and numpy: expected values for tests.

    python src/tools/f16_mezo.py test/fixtures/opt-tiny-pre-ln test/fixtures/reviews.jsonl

Writes beside the checkpoint `expected.mezo.f16.jsonl`, twelve steps with their losses, and
`expected.replay.f16.json`, twelve given coefficients and the SHA-256 of the weights they lead to.
Rounding is done here by looking for the two halves beside a weight, not by its bits.
"""
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import torch
from demo_mezo import Direction, batches, philox, rounded
from transformers import AutoModelForCausalLM, AutoTokenizer

ROUNDING = 0xFFFFFFFF  # in the place of a probe's number
SEED, STEPS, BATCH, RATE, EPSILON = 42, 12, 8, 2e-4, rounded(1e-3)


class Draws(Direction):
    """32 bits for every weight: its own half of the generator's 128 bits, then its neighbour's."""

    def draw(self, seed: int, step: int) -> np.ndarray:
        words = philox([self.block, self.tensor, step, ROUNDING], seed)
        halves = np.ascontiguousarray(words.T).view(np.uint16).reshape(-1, 2).astype(np.uint64)
        both = np.stack([halves[:, 0] << 16 | halves[:, 1], halves[:, 1] << 16 | halves[:, 0]], 1)
        return both.reshape(-1)[self.kept]


def stochastically(weights: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """The half above or below each weight, as f32; draws are out of 2^32."""
    size = np.abs(weights.astype(np.float64))
    near = size.astype(np.float16)
    below = np.where(near.astype(np.float64) > size, np.nextafter(near, np.float16(0)), near)
    above = np.nextafter(below, np.float16(np.inf)).astype(np.float64)
    below = below.astype(np.float64)
    share = (size - below) / (above - below)
    halves = np.where(draws / 2.0**32 < share, above, below)
    return np.copysign(halves, weights).astype(np.float32)


class Halves:
    """A model whose every weight is a half, computed with in f32."""

    def __init__(self, folder: str):
        self.model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        self.parameters = list(self.model.parameters())
        sizes = [p.numel() for p in self.parameters]
        flat = torch.cat([p.data.reshape(-1) for p in self.parameters])
        self.theta = flat.to(torch.float16).to(torch.float32).numpy()
        self.noise, self.draws = Direction(sizes), Draws(sizes)
        self.views = flat.clone()
        for parameter, view in zip(self.parameters, self.views.split(sizes)):
            parameter.data = view.view_as(parameter)

    def step(self, step: int, coefficient: float) -> None:
        moved = self.theta + np.float32(coefficient) * self.noise.draw(SEED, step).numpy()
        self.theta = stochastically(moved, self.draws.draw(SEED, step))

    def sha256(self) -> str:
        return hashlib.sha256(self.theta.astype(np.float16).tobytes()).hexdigest()

    @torch.no_grad()
    def loss(self, rows: list, point: np.ndarray) -> float:
        self.views.copy_(torch.from_numpy(point))
        losses = [
            torch.nn.functional.cross_entropy(
                torch.stack([self.mean_log_p(*option) for option in options]), torch.tensor(label)
            )
            for options, label in rows
        ]
        return float(torch.stack(losses).double().mean())

    def mean_log_p(self, ids: list[int], scored: int) -> torch.Tensor:
        logits = self.model(input_ids=torch.tensor([ids])).logits[0, :-1]
        log_p = torch.log_softmax(logits, -1)
        return log_p[range(len(ids) - 1), ids[1:]][-scored:].mean()


def encode(tokenizer, row: dict) -> tuple[list, int]:
    def ids(text: str) -> list[int]:
        return [2] + tokenizer(text, add_special_tokens=False)["input_ids"]

    prompt = f"{row['text']} It was"
    options = [ids(prompt + word) for word in (" terrible", " great")]
    return [(option, len(option) - len(ids(prompt))) for option in options], int(row["label"])


def main(folder: str, rows_file: str) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder, use_fast=False)
    rows = [encode(tokenizer, json.loads(line)) for line in Path(rows_file).open()]
    halves = Halves(folder)
    lines = []
    for step, order in zip(range(STEPS), batches(SEED, len(rows), BATCH)):
        batch, z = [rows[i] for i in order], halves.noise.draw(SEED, step).numpy()
        plus, minus = (
            halves.loss(batch, halves.theta + np.float32(sign * EPSILON) * z) for sign in (1, -1)
        )
        g = (plus - minus) / (2 * EPSILON)
        halves.step(step, rounded(-RATE * g))
        lines.append(
            {
                **{"step": step + 1, "loss_plus": plus, "loss_minus": minus},
                **{"projected_grad": g, "loss": (plus + minus) / 2},
            }
        )
    lines.append({"final_loss": halves.loss(rows, halves.theta)})
    text = "".join(json.dumps(line) + "\n" for line in lines)
    Path(folder, "expected.mezo.f16.jsonl").write_text(text)

    again = Halves(folder)
    coefficients = [rounded(1e-3 * np.sin(step + 1) ** 5) for step in range(STEPS)]
    coefficients[3] = 0.0
    for step, coefficient in enumerate(coefficients):
        if coefficient != 0:
            again.step(step, coefficient)
    expected = {"seed": SEED, "coefficients": coefficients, "weights_sha256": again.sha256()}
    Path(folder, "expected.replay.f16.json").write_text(json.dumps(expected) + "\n")


main(*sys.argv[1:])
