"""Checks an exported folder with the programs it is made for.

    python src/tools/interop.py FOLDER TEXTS.jsonl

* transformers opens the folder and scores each text; `zeroth score` does the same; the largest
  relative difference of the losses must be below 1e-4, which is f32 in another order of summation.
* Of a classifier (a run with a score head), the texts are rows with a "label" too: the loss of each
  row's label must be that of `zeroth eval --head`, within the same bound.
* transformers reads trainer_state.json, TensorBoard's own reader the event file, and both hold the
  same losses.

Prints one JSON line; ends with status 1 if anything is off. Needs torch, transformers and
tensorboard.
"""

import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
)
from transformers.trainer_callback import TrainerState

MOST_DIFFERENCE = 1e-4
BOS = 2


def scored_by_transformers(folder: Path, texts: list[str]) -> list[float]:
    """Summed loss of each text after BOS, in nats."""
    model = AutoModelForCausalLM.from_pretrained(folder, torch_dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder, use_fast=False)
    losses = []
    for text in texts:
        ids = [BOS, *tokenizer(text, add_special_tokens=False)["input_ids"]]
        with torch.no_grad():
            logits = model(torch.tensor([ids])).logits[0, :-1]
        chosen = torch.log_softmax(logits.double(), -1).gather(1, torch.tensor(ids[1:])[:, None])
        losses.append(-chosen.sum().item())
    return losses


def scored_by_zeroth(folder: Path, texts: Path) -> list[float]:
    command = ["npm", "run", "--silent", "zeroth", "--", "score", str(folder), str(texts)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [json.loads(line)["nll"] for line in done.stdout.splitlines()]


def labels_by_transformers(folder: Path, rows: list[dict]) -> list[float]:
    """Loss of each row's label, in nats. Batched, so that padding is seen to be passed over."""
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    batch = tokenizer([row["text"].strip() for row in rows], padding=True, return_tensors="pt")
    answers = torch.tensor([model.config.label2id[str(row["label"])] for row in rows])
    with torch.no_grad():
        logits = model(**batch).logits.double()
    return torch.nn.functional.cross_entropy(logits, answers, reduction="none").tolist()


def labels_by_zeroth(folder: Path, rows: list[dict]) -> list[float]:
    """The same, each row evaluated alone."""
    names = AutoConfig.from_pretrained(folder).id2label
    labels = "|".join(names[i] for i in range(len(names)))
    losses = []
    for row in rows:
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
            file.write(json.dumps(row))
            file.flush()
            command = ["npm", "run", "--silent", "zeroth", "--", "eval", str(folder), file.name]
            flags = ["--head", "--labels", labels]
            done = subprocess.run([*command, *flags], capture_output=True, text=True, check=True)
        losses.append(json.loads(done.stdout)["loss"])
    return losses


def scalars(folder: Path) -> dict[str, dict[int, float]]:
    """Every scalar TensorBoard finds, by tag and step."""
    (path,) = folder.glob("events.out.tfevents.*")
    reader = EventAccumulator(str(path), size_guidance={"scalars": 0}).Reload()
    return {
        tag: {event.step: event.value for event in reader.Scalars(tag)}
        for tag in reader.Tags()["scalars"]
    }


def logged(folder: Path) -> dict[int, float]:
    state = TrainerState.load_from_json(str(folder / "trainer_state.json"))
    history = [entry for entry in state.log_history if entry.get("loss") is not None]
    return {entry["step"]: entry["loss"] for entry in history}


def main() -> int:
    folder, path = Path(sys.argv[1]), Path(sys.argv[2])
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines if line.strip()]
    (architecture,) = AutoConfig.from_pretrained(folder).architectures
    is_classifier = architecture == "OPTForSequenceClassification"
    if is_classifier:
        theirs, ours = labels_by_transformers(folder, rows), labels_by_zeroth(folder, rows)
    else:
        theirs = scored_by_transformers(folder, [row["text"] for row in rows])
        ours = scored_by_zeroth(folder, path)
    differences = [abs(a - b) / max(abs(b), 1e-9) for a, b in zip(ours, theirs, strict=True)]
    curves, losses = scalars(folder), logged(folder)
    seen = curves["train/loss"]
    same = seen.keys() == losses.keys() and all(
        math.isclose(seen[step], loss, rel_tol=1e-6) for step, loss in losses.items()
    )
    good = max(differences) < MOST_DIFFERENCE and same
    print(
        json.dumps(
            {
                "architecture": architecture,
                "texts": len(rows),
                "largest_relative_nll_difference": max(differences),
                "allowed": MOST_DIFFERENCE,
                "tensorboard": {tag: len(points) for tag, points in curves.items()},
                "trainer_state_losses_equal_tensorboard": same,
                "ok": good,
            }
        )
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
