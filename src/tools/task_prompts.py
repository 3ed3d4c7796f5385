"""Writes what the built-in tasks must come to: prompts, options, token ids, option lengths, answers, word F1.

    pip install transformers==5.18.0
    python src/tools/task_prompts.py            (in the repository's root)

Reads test/fixtures/tasks/TASK.jsonl and writes TASK.expected.jsonl beside it, then answers.expected.jsonl.
Made from the description of MeZO's large_models (templates.py, tasks.py, utils.py, metrics.py), of Hugging Face's
super_glue loader and of lm-evaluation-harness's QNLI and MRPC, not from the TypeScript it is compared with: a row
first becomes what Hugging Face's loader gives, then whole texts, and lengths are differences of whole encodings.
"""
import json
import re
import string
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from transformers import AutoTokenizer

FIXTURES = Path("test/fixtures")
NEW_TOKENS = 50
TOKENIZER = AutoTokenizer.from_pretrained(FIXTURES / "opt-tiny-real-vocab")


@dataclass
class Sample:
    """A prompt and every text it may become; `right` are the places of the true ones."""

    prompt: str
    texts: list
    right: list
    golds: list = field(default_factory=list)


def choose(prompt, words, answer):
    return Sample(prompt, [prompt + word for word in words], [answer])


def class_of(label, names):
    """Hugging Face's number of a label that is a name, a number, a digit or a truth value."""
    if isinstance(label, str) and not label.isdigit():
        return names.index(label)
    return int(label)


TRUTH = ["False", "True"]
RTE = ["entailment", "not_entailment"]


def sst2(row):
    return [choose(row["sentence"].strip() + " It was", [" terrible", " great"], class_of(row["label"], []))]


def rte(row):
    premise, hypothesis = row.get("premise", row.get("sentence1")), row.get("hypothesis", row.get("sentence2"))
    prompt = f'{premise}\nDoes this mean that "{hypothesis}" is true? Yes or No?\n'
    return [choose(prompt, ["Yes", "No"], class_of(row["label"], RTE))]


def infer(premise, hypothesis):
    return f'Suppose {premise} Can we infer that "{hypothesis}"? Yes, No, or Maybe?\n'


def cb(row):
    label = class_of(row["label"], ["entailment", "contradiction", "neutral"])
    return [choose(infer(row["premise"], row["hypothesis"]), ["Yes", "No", "Maybe"], label)]


def mnli(row):
    words = ["Yes", "Maybe", "No"]
    if "gold_label" in row:
        label = ["entailment", "neutral", "contradiction"].index(row["gold_label"])
        return [choose(infer(row["sentence1"], row["sentence2"]), words, label)]
    return [choose(infer(row["premise"], row["hypothesis"]), words, row["label"])]


def boolq(row):
    question = row["question"] if row["question"].endswith("?") else row["question"] + "?"
    prompt = row["passage"] + " " + question[0].upper() + question[1:] + "\n"
    is_true = row["answer"] if "answer" in row else bool(row["label"])
    return [choose(prompt, ["Yes", "No"], 0 if is_true else 1)]


def fixed_span(text, spans, which):
    """As the loader of "wsc.fixed" mends a span that its sentence does not contain."""
    span, index = spans[which + "_text"], spans[which + "_index"]
    if span in text or span in ("Kamenev and Zinoviev", "Kamenev, Zinoviev, and Stalin"):
        return span
    word = text.split()[index]
    first = span[0].lower() if word[0].islower() else span[0].upper()
    return (first + span[1:]).rstrip(".").replace("\n", " ")


def wsc(row):
    spans = row.get("target", row)
    noun, pronoun = (fixed_span(row["text"], spans, which) for which in ("span1", "span2"))
    question = f'In the previous sentence, does the pronoun "{pronoun.lower()}" refer to {noun}? Yes or No?'
    return [choose(f"{row['text']}\n{question}\n", ["No", "Yes"], class_of(row["label"], TRUTH))]


def wic(row):
    question = f'Does the word "{row["word"]}" have the same meaning in these two sentences? Yes, No?'
    prompt = "\n".join([question, row["sentence1"], row["sentence2"], ""])
    return [choose(prompt, ["No", "Yes"], class_of(row["label"], TRUTH))]


def multirc(row):
    if "paragraph" in row:
        triples = [(row["question"], row["answer"], row["label"])]
        paragraph = row["paragraph"]
    else:
        paragraph = row["passage"]["text"]
        triples = [
            (question["question"], answer["text"], answer["label"])
            for question in row["passage"]["questions"]
            for answer in question["answers"]
        ]
    samples = []
    for question, answer, label in triples:
        found = f'I found this answer "{answer}". Is that correct? Yes or No?'
        samples.append(choose("\n".join([paragraph, "Question: " + question, found, ""]), ["No", "Yes"], int(label)))
    return samples


def copa(row):
    premise = row["premise"].rstrip()
    premise = premise[:-1] if premise.endswith(".") else premise
    prompt = premise + {"effect": " so ", "cause": " because "}[row["question"]]
    endings = []
    for choice in (row["choice1"], row["choice2"]):
        words = choice.split(" ")
        words[0] = "I" if words[0] == "I" else words[0].lower()
        endings.append(" ".join(words))
    return [choose(prompt, endings, row["label"])]


def record(row):
    if "qas" in row:
        text = row["passage"]["text"]
        names = sorted({text[span["start"] : span["end"] + 1] for span in row["passage"]["entities"]})
        asked = [(qa["query"], sorted({answer["text"] for answer in qa["answers"]})) for qa in row["qas"]]
    else:
        text, names, asked = row["passage"], row["entities"], [(row["query"], row["answers"])]
    shown = text.replace("@highlight\n", "- ")
    return [
        Sample(
            f"{shown}\n-",
            [f"{shown}\n- " + query.replace("@placeholder", name) for name in names],
            [names.index(answer) for answer in answers],
        )
        for query, answers in asked
    ]


def written(prompt, golds):
    return [Sample(prompt, [f"{prompt} {golds[0]}\n"], [0], golds)]


def squad(row):
    answers = row["answers"]
    golds = answers["text"] if isinstance(answers, dict) else [answer["text"] for answer in answers]
    lines = [f"Title: {row['title']}", f"Context: {row['context']}", f"Question: {row['question'].strip()}", "Answer:"]
    return written("\n".join(lines), golds)


def drop(row):
    lines = [f"Passage: {row['passage']}", f"Question: {row['question'].strip()}", "Answer:"]
    return written("\n".join(lines), row["answers_spans"]["spans"])


def qnli(row):
    question = "Question: Does this response answer the question?"
    prompt = "\n".join([row["question"], row["sentence"], question, "Answer:"])
    return [choose(prompt, [" yes", " no"], class_of(row["label"], RTE))]


def cola(row):
    return [choose(row["sentence"] + " This is", [" incorrect", " correct"], int(row["label"]))]


def mrpc(row):
    first, second = row.get("sentence1", row.get("#1 String")), row.get("sentence2", row.get("#2 String"))
    lines = [f"Sentence 1: {first}", f"Sentence 2: {second}", "Question: Do both sentences mean the same thing?"]
    return [choose("\n".join([*lines, "Answer:"]), [" no", " yes"], int(row.get("label", row.get("Quality"))))]


TASKS = [sst2, rte, cb, boolq, wsc, wic, multirc, copa, record, squad, drop, mnli, qnli, cola, mrpc]


def tokens(text):
    return TOKENIZER.encode(text, add_special_tokens=False)


def encoded(sample, bos, max_length):
    """MeZO's encode_prompt: lengths from the texts stripped of spaces, ids from those without white space in front."""
    room = max_length - (NEW_TOKENS if sample.golds else 0)

    def cut(text):
        return [bos] + tokens(text.lstrip().strip(" "))[-(room - 1) :]

    prompt = sample.prompt.strip(" ")
    lengths = [len(tokens(text.strip(" "))) - len(tokens(prompt)) for text in sample.texts]
    assert all(0 < length < room for length in lengths), (sample, lengths)
    result = {"prompt": sample.prompt, "texts": sample.texts, "right": sample.right}
    result |= {"ids": [cut(text) for text in sample.texts], "lengths": lengths}
    return result | ({"golds": sample.golds, "promptIds": cut(prompt)} if sample.golds else {})


def write(name, lines):
    path = FIXTURES / "tasks" / f"{name}.expected.jsonl"
    text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
    path.write_text(text, encoding="utf-8", newline="\n")


def write_task(task):
    lines = []
    with open(FIXTURES / "tasks" / f"{task.__name__}.jsonl", encoding="utf-8", newline="\n") as file:
        for at, line in enumerate(file):
            samples = task(json.loads(line))
            # Every fourth row as MeZO's code has it, every fifth too long for what it may be.
            limits = {"bos": 0 if at % 4 == 3 else 2, "maxLength": 2048}
            if at % 5 == 4:
                limits["maxLength"] = 28 + (NEW_TOKENS if samples[0].golds else 0)
            found = [encoded(sample, limits["bos"], limits["maxLength"]) for sample in samples]
            lines.append({**limits, "samples": found})
    write(task.__name__, lines)


def normalized(text):
    kept = "".join(char for char in text.lower() if char not in set(string.punctuation))
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", kept).split())


def word_f1(predicted, golds):
    if golds[0] in ("no answer", "CANNOTANSWER"):
        return float(normalized(predicted) == normalized(golds[0]))
    best = 0.0
    for gold in golds:
        ours, theirs = normalized(predicted).split(), normalized(gold).split()
        same = sum((Counter(ours) & Counter(theirs)).values())
        if same:
            precision, recall = same / len(ours), same / len(theirs)
            best = max(best, 2 * precision * recall / (precision + recall))
    return best


ANSWERS = [
    ("the 1871", ["1871"]),
    ("in 1871 by Hanna Moe", ["Hanna Moe", "Moe"]),
    ("A cat, a hat & the bat!", ["cat hat bat"]),
    ("The", ["the"]),
    ("", ["something"]),
    ("something", [""]),
    ("José Álvarez", ["jose alvarez", "José  Álvarez."]),
    ("éa the_end an-other", ["éa theend another"]),
    ("naïve a ñ the ö", ["naïve ñ ö"]),
    ("b b b c", ["b c c"]),
    ("No answer.", ["no answer"]),
    ("no answer at all", ["no answer"]),
    ("CANNOTANSWER", ["CANNOTANSWER"]),
    ("12.5 %", ["12.5%", "12.5"]),
    ("5,500", ["5500"]),
    ("tabs\tand\u00a0hard\u2003spaces\u0085here", ["tabs and hard spaces here"]),
    ("“Nine ships”", ["Nine ships"]),
    ("a.b the.c", ["b c"]),
    ("İstanbul the", ["istanbul", "İSTANBUL"]),
    ("東京 の a", ["東京"]),
]

if __name__ == "__main__":
    for each in TASKS:
        write_task(each)
    judged = [
        {"predicted": said, "golds": golds, "normalized": normalized(said), "f1": word_f1(said, golds)}
        for said, golds in ANSWERS
    ]
    write("answers", judged)
