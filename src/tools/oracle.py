"""What PyTorch computes for a model of any supported family: expected values for tests, and checks of exports.

    python src/tools/oracle.py score MODEL TEXTS.jsonl
    python src/tools/oracle.py greedy MODEL TEXTS.jsonl [--new-tokens 24]
    python src/tools/oracle.py train MODEL ROWS.jsonl --method mezo --steps 12 ... [--head]
    python src/tools/oracle.py compare MODEL OTHER TEXTS.jsonl

The forward pass is transformers' own model of the family, run with perturbed copies of its weights. Noise, draws,
masks and update rules are written here from the papers and from the noise contract, and share no code with the
application. Prints JSON lines. Needs numpy, torch, transformers and safetensors; no test needs this script.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
)
from transformers.pytorch_utils import Conv1D

WORD = np.uint64(0xFFFFFFFF)
BLOCK_STREAM, SHUFFLE_STREAM = 0xFFFFFFFF, 0xFFFFFFFE
# The step and the probe of draws that no direction makes: a new head's weights, and rounding.
HEAD_STEP, ROUNDING = 0xFFFFFFFF, 0xFFFFFFFF
HEAD_STD = 0.02
SET_BITS = np.array([bin(i).count("1") for i in range(65536)], np.float32)
BLOCK = re.compile(r"\.(?:layers?|h)\.(\d+)\.")


# Noise


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


def binomial(seed: int, tensor: int, step: int, count: int, probe: int = 0) -> np.ndarray:
    """(set bits of a 16-bit half - 8) / 2, eight elements a call, low halves first."""
    words = philox(seed, np.arange((count + 7) // 8, dtype=np.uint64), tensor, step, probe)
    halves = np.stack([words & np.uint64(0xFFFF), words >> np.uint64(16)], axis=1).reshape(8, -1)
    return (SET_BITS[halves.T.reshape(-1)[:count]] - np.float32(8)) / np.float32(2)


def rounding_draws(seed: int, tensor: int, step: int, count: int) -> np.ndarray:
    """32 bits for each element: its own half of the call's 128 bits, then the other half of that word."""
    words = philox(seed, np.arange((count + 7) // 8, dtype=np.uint64), tensor, step, ROUNDING)
    own = np.stack([words & np.uint64(0xFFFF), words >> np.uint64(16)], axis=1)
    draws = own << np.uint64(16) | own[:, ::-1]
    return draws.reshape(8, -1).T.reshape(-1)[:count]


def round16(value: float) -> float:
    """16 significant bits, to nearest."""
    bits = np.float32(value).view(np.uint32)
    return float(((bits + np.uint32(0x80)) & np.uint32(0xFFFFFF00)).view(np.float32))


def ranked(seed: int, stream: int, step: int, count: int) -> list[int]:
    words = philox(seed, np.arange(count, dtype=np.uint64), stream, step, 0)[0]
    return [int(i) for i in np.lexsort((np.arange(count), words))]


def batches(seed: int, rows: int, size: int) -> Iterator[list[int]]:
    """Every epoch in an order of its own; its last batch may be short."""
    epoch = 0
    while True:
        order = ranked(seed, SHUFFLE_STREAM, epoch, rows)
        yield from (order[i : i + size] for i in range(0, rows, size))
        epoch += 1


def rounded_to(dtype: torch.dtype, weights: torch.Tensor, draws: np.ndarray) -> torch.Tensor:
    """The neighbour of each weight among the values of a 16-bit dtype, the larger size with the probability of how
    far the weight lies towards it. Found by looking for both neighbours, not by bits."""
    size = weights.abs().double()
    near = size.to(dtype)
    step_down = (near.view(torch.int16) - 1).view(dtype)
    below = torch.where(near.double() > size, step_down, near)
    above = (below.view(torch.int16) + 1).view(dtype).double()
    below = below.double()
    share = (size - below) / (above - below)
    chosen = torch.where(torch.from_numpy(draws.astype(np.float64) / 2**32).view_as(size) < share, above, below)
    return torch.copysign(chosen, weights.double()).float()


# Models and texts


class Subject:
    """A model under test: transformers' model in float32, its tokenizer, and what a task asks of it."""

    def __init__(self, folder: str, labels: int | None = None, seed: int = 0):
        self.folder = folder
        config = AutoConfig.from_pretrained(folder)
        (architecture,) = config.architectures
        self.is_masked = architecture.endswith("MaskedLM")
        self.is_classifier = labels is not None or architecture.endswith("SequenceClassification")
        options = {"dtype": torch.float32, "attn_implementation": "eager"}
        if labels is not None and not architecture.endswith("SequenceClassification"):
            options["num_labels"] = labels
        kind = AutoModelForMaskedLM if self.is_masked else AutoModelForCausalLM
        if self.is_classifier:
            kind = AutoModelForSequenceClassification
        self.model = kind.from_pretrained(folder, **options).eval()
        # A text that spells a special token is still text.
        self.tokenizer = AutoTokenizer.from_pretrained(folder, split_special_tokens=True)
        self.names = [name for name, _ in self.model.named_parameters()]
        self.parameters = [parameter for _, parameter in self.model.named_parameters()]
        transposed = {
            f"{name}.weight" for name, module in self.model.named_modules() if isinstance(module, Conv1D)
        }
        self.is_transposed = [name in transposed for name in self.names]
        self.blocks = [int(found[1]) if (found := BLOCK.search(name)) else None for name in self.names]
        if "num_labels" in options:
            self.begin_head(seed)

    def begin_head(self, seed: int) -> None:
        """Weights of a new head as the contract has them: 0.02 times noise of the run's seed, biases 0."""
        head = ("score.", "classifier.", "pre_classifier.")
        with torch.no_grad():
            for index, (name, parameter) in enumerate(zip(self.names, self.parameters, strict=True)):
                if not name.startswith(head):
                    continue
                z = torch.from_numpy(binomial(seed, index, HEAD_STEP, parameter.numel())).view(parameter.shape)
                parameter.copy_((HEAD_STD * z.double()).float() if name.endswith("weight") else torch.zeros_like(z))

    def table(self) -> list[tuple[str, list[int]]]:
        """Names and shapes in transformers' order, [out, in] for matrices it keeps the other way round."""
        shapes = [list(parameter.shape) for parameter in self.parameters]
        flipped = [shape[::-1] if flips else shape for shape, flips in zip(shapes, self.is_transposed, strict=True)]
        return list(zip(self.names, flipped, strict=True))

    def ids(self, text: str) -> list[int]:
        """As the model's own tokenizer gives them, with its own special tokens."""
        return self.tokenizer(text)["input_ids"]

    def bare(self, text: str) -> list[int]:
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    def masked_ids(self, template_text: str) -> list[int]:
        """The ids of a text with "{mask}" in it."""
        before, after = template_text.split("{mask}")
        # RoBERTa's mask takes the space on its left; BERT's tokenizer drops spaces anyway.
        middle = [*self.bare(before.rstrip()), self.tokenizer.mask_token_id, *self.bare(after)]
        first, last = self.frame()
        return [*first, *middle, *last]

    def frame(self) -> tuple[list[int], list[int]]:
        """What the tokenizer puts before and after any text."""
        whole, inner = self.ids("a"), self.bare("a")
        at = next(i for i in range(len(whole)) if whole[i : i + len(inner)] == inner)
        return whole[:at], whole[at + len(inner) :]

    def log_softmax(self, ids: list[int]) -> torch.Tensor:
        """[tokens, vocabulary], or [labels] of a classifier."""
        return torch.log_softmax(self.model(torch.tensor([ids])).logits[0].double(), -1)

    def nll(self, text: str) -> tuple[int, float]:
        """Of a causal model, of every id but the first; of a masked one, of every id of the text, masked one at a time."""
        ids = self.ids(text)
        if not self.is_masked:
            log_p = self.log_softmax(ids)[:-1]
            return len(ids) - 1, -float(log_p[range(len(ids) - 1), ids[1:]].sum())
        before, after = self.frame()
        places = range(len(before), len(ids) - len(after))
        total = 0.0
        for place in places:
            asked = [*ids]
            asked[place] = self.tokenizer.mask_token_id
            total -= float(self.log_softmax(asked)[place, ids[place]])
        return len(places), total


# Tasks: a function from the row to its loss at the model's present weights


def filled(template: str, row: dict) -> str:
    values = {key: value.strip() if isinstance(value, str) else value for key, value in row.items()}
    return template.format(**values, mask="{mask}")


def prompt_loss(subject: Subject, row: dict, template: str, words: list[str], labels: list[str]) -> float:
    """Cross entropy of the options' mean log-probabilities, MeZO's rules for spaces."""
    prompt = filled(template, row)
    scores = []
    if subject.is_masked:
        asked = prompt if "{mask}" in prompt else prompt + "{mask}"
        ids = subject.masked_ids(asked)
        log_p = subject.log_softmax(ids)[ids.index(subject.tokenizer.mask_token_id)]
        for word in words:
            (target,) = subject.bare(word)
            scores.append(log_p[target])
    else:
        prompt = prompt.lstrip()
        length = len(subject.ids(prompt.strip(" ")))
        for word in words:
            ids = subject.ids((prompt + word).strip(" "))
            log_p = subject.log_softmax(ids)[:-1]
            scores.append(log_p[range(len(ids) - 1), ids[1:]][length - len(ids) :].mean())
    return -float(torch.log_softmax(torch.stack(scores), -1)[labels.index(str(row["label"]))])


def head_loss(subject: Subject, row: dict, template: str, labels: list[str]) -> float:
    ids = subject.ids(filled(template, row).strip())
    return -float(subject.log_softmax(ids)[labels.index(str(row["label"]))])


# Methods


class Run:
    """A run's weights and the rules by which they change."""

    def __init__(self, subject: Subject, settings: argparse.Namespace, loss: Callable[[dict], float]):
        self.subject, self.settings, self.row_loss = subject, settings, loss
        self.theta = [self.own_layout(i, p.data).clone() for i, p in enumerate(subject.parameters)]
        self.dtype = {"f32": None, "f16": torch.float16, "bf16": torch.bfloat16}[settings.dtype]
        if self.dtype is not None:
            self.theta = [weight.to(self.dtype).float() for weight in self.theta]
        self.epsilon = round16(settings.eps)
        self.thresholds = [self.threshold(weight) for weight in self.theta]
        self.block_count = 1 + max(block for block in subject.blocks if block is not None)

    def own_layout(self, index: int, weight: torch.Tensor) -> torch.Tensor:
        return weight.t().contiguous() if self.subject.is_transposed[index] else weight

    def threshold(self, weight: torch.Tensor) -> float:
        if self.settings.method != "sparse_mezo" or weight.dim() < 2:
            return float("inf")
        rank = max(1, int((1 - self.settings.sparsity) * weight.numel()))
        return float(weight.abs().flatten().kthvalue(rank).values)

    def direction(self, step: int, active: set[int] | None, probe: int = 0) -> list[torch.Tensor | None]:
        z: list[torch.Tensor | None] = []
        for index, weight in enumerate(self.theta):
            block = self.subject.blocks[index]
            if active is not None and block is not None and block not in active:
                z.append(None)
                continue
            drawn = torch.from_numpy(binomial(self.settings.seed, index, step, weight.numel(), probe)).view_as(weight)
            z.append(drawn * (weight.abs() <= self.thresholds[index]))
        return z

    def loss_at(self, base: list[torch.Tensor], z: list[torch.Tensor | None], scale: float, rows: list[dict]) -> float:
        for index, parameter in enumerate(self.subject.parameters):
            direction = z[index]
            weight = base[index] if direction is None else base[index] + scale * direction
            parameter.data.copy_(weight.t() if self.subject.is_transposed[index] else weight)
        return sum(self.row_loss(row) for row in rows) / len(rows)

    def estimate(self, base: list[torch.Tensor], z: list[torch.Tensor | None], rows: list[dict]) -> list[float]:
        plus, minus = (self.loss_at(base, z, sign * self.epsilon, rows) for sign in (1, -1))
        return [plus, minus, (plus - minus) / (2 * self.epsilon)]

    def move(self, step: int, *terms: tuple[list[torch.Tensor | None], float]) -> None:
        for index, weight in enumerate(self.theta):
            moves = False
            for z, coefficient in terms:
                if z[index] is None:
                    continue
                weight.add_(z[index], alpha=round16(coefficient))
                moves = True
            if moves and self.dtype is not None:
                draws = rounding_draws(self.settings.seed, index, step, weight.numel())
                weight.copy_(rounded_to(self.dtype, weight, draws))

    def steps(self, rows: list[dict]) -> Iterator[dict]:
        given = self.settings
        plan = batches(given.seed, len(rows), given.batch_size)
        anchor: tuple[list[torch.Tensor | None], float] = ([], 0.0)
        snapshot = self.theta
        for step in range(given.steps):
            batch = [rows[i] for i in next(plan)]
            more: dict = {}
            active = None
            if given.method == "lezo":
                dropped = int(given.lezo_sparsity * self.block_count + 0.5)
                order = ranked(given.seed, BLOCK_STREAM, step, self.block_count)
                active = set(order[: self.block_count - dropped])
                more["active_blocks"] = sorted(active)
            z = self.direction(step, active)
            if given.method == "mezo_svrg" and step % given.svrg_q == 0:
                snapshot = [weight.clone() for weight in self.theta]
                plus, minus, gradient = self.estimate(self.theta, z, rows)
                anchor = (z, gradient)
                self.move(step, (z, -given.lr_anchor * gradient))
                more["kind"] = "anchor"
            elif given.method == "mezo_svrg":
                plus, minus, gradient = self.estimate(self.theta, z, batch)
                there = self.estimate(snapshot, z, batch)
                self.move(step, (z, -given.lr * (gradient - there[2])), (anchor[0], -given.lr * anchor[1]))
                names = ("snapshot_loss_plus", "snapshot_loss_minus", "snapshot_projected_grad")
                more |= {"kind": "mini", **dict(zip(names, there, strict=True))}
            elif given.method == "fzoo":
                tried = [self.direction(step, None, probe) for probe in range(given.passes - 1)]
                losses = np.array([self.loss_at(self.theta, u, self.epsilon, batch) for u in tried])
                minus = self.loss_at(self.theta, [None] * len(self.theta), 0.0, batch)
                plus, sigma = losses.mean(), max(losses.std(ddof=1), 1e-6)
                gradient = sigma / self.epsilon
                self.move(step, *((u, -given.lr / len(tried) * (loss - minus) / sigma) for u, loss in zip(tried, losses, strict=True)))
            else:
                plus, minus, gradient = self.estimate(self.theta, z, batch)
                self.move(step, (z, -given.lr * gradient))
            losses = {"loss": (plus + minus) / 2, "loss_plus": plus, "loss_minus": minus}
            yield {"step": step + 1, **losses, "projected_grad": gradient, **more}

    def final_loss(self, rows: list[dict]) -> float:
        return self.loss_at(self.theta, [None] * len(self.theta), 0.0, rows)


@torch.no_grad()
def trained(folder: str, rows: list[dict], given: argparse.Namespace) -> Iterator[dict]:
    """A line for each step, then the loss over all rows."""
    labels = given.labels.split("|")
    if given.head:
        subject = Subject(folder, len(labels), given.seed)
        template = "{text}" if given.template == PROMPT else given.template
        run = Run(subject, given, lambda row: head_loss(subject, row, template, labels))
    else:
        subject = Subject(folder)
        words = given.words.split("|")
        run = Run(subject, given, lambda row: prompt_loss(subject, row, given.template, words, labels))
    yield from run.steps(rows)
    yield {"final_loss": run.final_loss(rows)}


@torch.no_grad()
def written(subject: Subject, ids: list[int], new_tokens: int) -> tuple[list[int], float]:
    """Greedy continuation up to an end token, and how close the two best logits ever were."""
    ends = subject.model.generation_config.eos_token_id
    ends = set(ends if isinstance(ends, list) else [ends])
    out: list[int] = []
    gap = float("inf")
    while len(out) < new_tokens and (not out or out[-1] not in ends):
        first, second = subject.model(torch.tensor([ids + out])).logits[0, -1].topk(2).values.tolist()
        gap = min(gap, first - second)
        out.append(int(subject.model(torch.tensor([ids + out])).logits[0, -1].argmax()))
    return out, gap


@torch.no_grad()
def largest_difference(a: Subject, b: Subject, texts: list[str]) -> float:
    """Largest absolute difference of two models' logits over some texts."""
    worst = 0.0
    for text in texts:
        ids = torch.tensor([a.ids(text)])
        worst = max(worst, float((a.model(ids).logits - b.model(ids).logits).abs().max()))
    return worst


# Command line

PROMPT = "{text} It was"


def read_lines(path: str) -> list[dict]:
    return [json.loads(line) for line in Path(path).read_text("utf-8").splitlines() if line.strip()]


def training_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--method", default="mezo", choices=["mezo", "sparse_mezo", "lezo", "mezo_svrg", "fzoo"])
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--lr", type=float, default=2e-4)
    parser.add_argument("--lr-anchor", type=float, default=4e-4)
    parser.add_argument("--eps", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--sparsity", type=float, default=0.75)
    parser.add_argument("--lezo-sparsity", type=float, default=0.5)
    parser.add_argument("--passes", type=int, default=8)
    parser.add_argument("--svrg-q", type=int, default=3)
    parser.add_argument("--dtype", default="f32", choices=["f32", "f16", "bf16"])
    parser.add_argument("--template", default=PROMPT)
    parser.add_argument("--words", default=" terrible| great")
    parser.add_argument("--labels", default="0|1")
    parser.add_argument("--head", action="store_true", help="tell labels apart by a score head, not by words")


def settings(*flags: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    training_flags(parser)
    return parser.parse_args(flags)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("score", "greedy", "train", "compare"):
        command = commands.add_parser(name)
        command.add_argument("model")
        if name == "compare":
            command.add_argument("other")
        command.add_argument("data")
        if name == "greedy":
            command.add_argument("--new-tokens", type=int, default=24)
        if name == "train":
            training_flags(command)
    given = parser.parse_args()
    rows = read_lines(given.data)
    if given.command == "train":
        for line in trained(given.model, rows, given):
            print(json.dumps(line), flush=True)
        return 0
    subject = Subject(given.model)
    if given.command == "compare":
        worst = largest_difference(subject, Subject(given.other), [row["text"] for row in rows])
        print(json.dumps({"largest_logit_difference": worst, "allowed": 1e-4, "ok": worst <= 1e-4}))
        return 0 if worst <= 1e-4 else 1
    for row in rows:
        if given.command == "score":
            with torch.no_grad():
                tokens, nll = subject.nll(row["text"])
            print(json.dumps({"tokens": tokens, "nll": nll}), flush=True)
        else:
            ids, gap = written(subject, subject.ids(row["text"]), given.new_tokens)
            print(json.dumps({"ids": ids, "text": subject.tokenizer.decode(ids), "smallest_gap": gap}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
