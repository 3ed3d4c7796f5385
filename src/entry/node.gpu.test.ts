import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectedWriting } from "#run/testing/expectedWriting.ts";
import { reviewLines } from "#run/testing/fixtureRun.ts";
import { expectedScores } from "../model/testing/fixture.ts";
import { drivers } from "../reference/testing/drivers.ts";
import {
  type Outcome,
  zeroth,
  zerothAlone,
  zerothSignalled,
  zerothWell,
} from "./testing/commandLine.ts";

const [driver, otherDriver] = drivers;
const preNorm = "test/fixtures/opt-tiny-pre-ln";
const texts = "test/fixtures/texts.jsonl";

const folder = mkdtempSync(join(tmpdir(), "zeroth-command-line-"));
afterAll(() => rmSync(folder, { recursive: true }));
const inside = (name: string) => join(folder, name);

// A few examples are enough.
writeFileSync(inside("train.jsonl"), reviewLines.slice(0, 8).join("\n"));
writeFileSync(inside("dev.jsonl"), reviewLines.slice(-6).join("\n"));
const rows = inside("train.jsonl");
const dev = inside("dev.jsonl");
const shape = ["--steps", "4", "--batch-size", "4", "--lr", "1e-3", "--seed", "7"];

const run = (...args: readonly string[]) => zerothWell(driver!, ...args);

describe("score", () => {
  test("prints a line for each text: its tokens and PyTorch's Σ −log p", async () => {
    // In a Node of its own, as a person starts it; the others share one.
    const { lines, code, stderr } = await zerothAlone(driver!, "score", preNorm, texts);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^5 texts, \d+ tokens in one pass, /m);
    const expected = expectedScores("opt-tiny-pre-ln");
    expect(lines.map(({ tokens }) => tokens)).toEqual(expected.map(({ tokens }) => tokens));
    lines.forEach(({ nll }, i) => {
      // Sums of some ten to a hundred logs of probabilities in f32: 1e-5 of their size.
      expect(Math.abs(Number(nll) / expected[i]!.nll - 1)).toBeLessThan(1e-5);
    });
  });
});

describe("train", () => {
  const common = [
    "step",
    "loss",
    "loss_plus",
    "loss_minus",
    "projected_grad",
    "learning_rate",
    "forward_passes",
    "tokens",
  ];
  let kept: Outcome;
  beforeAll(async () => {
    const flags = ["--method", "mezo_svrg", "--svrg-q", "2", "--lr-anchor", "1e-3", ...shape];
    const more = ["--dev", dev, "--eval-every", "2", "--out", inside("run")];
    kept = await run("train", preNorm, rows, ...flags, ...more);
  });
  const sha = () => kept.lines.at(-1)!["weights_sha256"];

  test("prints a line for each step, then the loss and the weights' hash", () => {
    const steps = kept.lines.slice(0, -1);
    expect(steps.map(({ step }) => step)).toEqual([1, 2, 3, 4]);
    for (const [i, step] of steps.entries()) {
      const snapshot = ["snapshot_loss_plus", "snapshot_loss_minus", "snapshot_projected_grad"];
      const kinds = i % 2 === 0 ? ["kind"] : ["kind", ...snapshot];
      const evaluated = i % 2 === 0 ? [] : ["eval_loss", "eval_accuracy"];
      expect(Object.keys(step)).toEqual([...common, ...kinds, ...evaluated]);
      expect(step["kind"]).toBe(i % 2 === 0 ? "anchor" : "mini");
      const { loss, loss_plus: plus, loss_minus: minus } = step;
      expect(loss).toBe((Number(plus) + Number(minus)) / 2);
    }
    const last = kept.lines.at(-1)!;
    const best = ["best_step", "best_eval_loss", "best_eval_accuracy"];
    expect(Object.keys(last)).toEqual(["final_loss", "weights_sha256", ...best]);
    const lowest = [kept.lines[1]!, kept.lines[3]!].toSorted(
      (a, b) => Number(a["eval_loss"]) - Number(b["eval_loss"]),
    )[0]!;
    expect(best.map((key) => last[key])).toEqual(
      ["step", "eval_loss", "eval_accuracy"].map((key) => lowest[key]),
    );
    expect(last["weights_sha256"]).toMatch(/^[0-9a-f]{64}$/);
  });

  test.each([
    ["lezo", ["--lezo-sparsity", "0.5"], "active_blocks"],
    ["sparse_mezo", ["--sparsity", "0.75", "--noise", "rademacher"], "mask_density"],
  ])("%s adds its own values to each line", async (method, flags, key) => {
    const { lines } = await run("train", preNorm, rows, "--method", method, ...flags, ...shape);
    for (const step of lines.slice(0, -1)) expect(Object.keys(step)).toEqual([...common, key]);
    const values = lines.slice(0, -1).map((step) => step[key]);
    if (key === "active_blocks") {
      for (const blocks of values) expect(JSON.stringify(blocks)).toMatch(/^\[[01]\]$/);
    } else {
      // A quarter of each matrix, and all of the few vectors.
      for (const density of values) expect(Number(density)).toBeGreaterThan(0.25);
      for (const density of values) expect(Number(density)).toBeLessThan(0.27);
    }
  });

  test("the test set is scored with the weights of the best step", async () => {
    const flags = ["--dev", dev, "--test", dev, "--eval-every", "1", ...shape, "--lr", "1e-2"];
    const { lines } = await run("train", preNorm, rows, ...flags);
    const last = lines.at(-1)!;
    expect(last["best_step"]).toBeLessThan(4);
    // The rows are those it was watched on, so the two must agree to the bit.
    expect(["test_step", "test_loss", "test_accuracy"].map((key) => last[key])).toEqual(
      ["best_step", "best_eval_loss", "best_eval_accuracy"].map((key) => last[key]),
    );
    expect(last["test_n"]).toBe(6);
  });

  test("a saved run is rebuilt from base model and journal to the same hash", async () => {
    const { lines } = await run("replay", inside("run"));
    expect(lines).toEqual([{ weights_sha256: sha() }]);
  });

  test.runIf(otherDriver)("and to the same hash on another driver", async () => {
    const { lines } = await zerothWell(otherDriver!, "replay", inside("run"));
    expect(lines).toEqual([{ weights_sha256: sha() }]);
  });

  test("an exported run is a folder that evaluates and trains as the run ended", async () => {
    const tuned = inside("tuned");
    const exported = await run("export", inside("run"), tuned, "--step", "last");
    expect(exported.stdout).toBe("");
    const names = readdirSync(tuned);
    expect(names).toEqual(
      expect.arrayContaining(["config.json", "model.safetensors", "vocab.json", "merges.txt"]),
    );
    const [evaluated] = (await run("eval", tuned, dev)).lines;
    const last = kept.lines.at(-2)!;
    expect(evaluated).toMatchObject({
      accuracy: last["eval_accuracy"],
      loss: last["eval_loss"],
      n: 6,
      interval: [expect.any(Number), expect.any(Number)],
    });
    // A rate of zero changes nothing: the hash is that of the folder's weights.
    const still = ["--steps", "1", "--lr", "0", "--batch-size", "4"];
    const trained = await run("train", tuned, rows, ...still);
    const { final_loss: loss, weights_sha256: sha256 } = kept.lines.at(-1)!;
    expect(trained.lines.at(-1)).toEqual({ final_loss: loss, weights_sha256: sha256 });
  });

  test("a saved run is evaluated at its best step on its own validation set, with a line for each example", async () => {
    const lines = inside("examples.jsonl");
    const [evaluated] = (await run("eval", inside("run"), "--examples", lines)).lines;
    const { best_eval_loss: loss, best_eval_accuracy: accuracy } = kept.lines.at(-1)!;
    expect(evaluated).toMatchObject({ loss, accuracy, n: 6, majority_label: expect.any(String) });
    const told = readFileSync(lines, "utf8")
      .trimEnd()
      .split("\n")
      .map((line): Record<string, unknown> => JSON.parse(line));
    const right = told.map((line) => line["is_right"]);
    expect(right).toEqual(right.toSorted());
    expect(right.filter(Boolean).length / 6).toBe(accuracy);
    expect(told.map((line) => line["row"]).toSorted()).toEqual([1, 2, 3, 4, 5, 6]);
    const [first] = (await run("eval", inside("run"), "--step", "0")).lines;
    const [base] = (await run("eval", preNorm, dev)).lines;
    expect(first).toEqual(base);
  });
});

describe("a run whose process was interrupted", () => {
  const flags = ["--steps", "40", "--batch-size", "4", "--lr", "1e-3", "--seed", "7"];
  const more = ["--method", "mezo_svrg", "--svrg-q", "4", "--lr-anchor", "1e-3", "--dev", dev];
  const all = ["train", preNorm, rows, ...flags, ...more, "--eval-every", "8"];

  test("by SIGKILL has kept every step it printed, and resumes to the weights of an undisturbed run", async () => {
    const { lines: undisturbed } = await run(...all);
    const out = inside("killed");
    const { lines: printed } = await zerothSignalled(driver!, "SIGKILL", 10, ...all, "--out", out);
    expect(printed.length).toBeGreaterThanOrEqual(10);
    const [listed] = (await run("list", out)).lines;
    expect(listed).toMatchObject({ status: "interrupted", steps: 40, name: "opt-tiny-pre-ln" });
    const kept = Number(listed!["step"]);
    expect(kept).toBeGreaterThanOrEqual(Number(printed.at(-1)!["step"]));
    expect(kept).toBeLessThan(40);

    const { lines: resumed, stderr } = await run("train", "--resume", out);
    expect(stderr).toContain(`Resuming "opt-tiny-pre-ln" at step ${kept} of 40.`);
    expect(resumed[0]!["step"]).toBe(kept + 1);
    expect(resumed).toEqual(undisturbed.slice(kept));
    expect((await run("list", out)).lines).toMatchObject([{ status: "finished", step: 40 }]);
    // Once it has finished there is nothing left to do.
    const again = await run("train", "--resume", out);
    expect(again.lines).toEqual(undisturbed.slice(-1));
  });

  test("is paused by Ctrl-C with a checkpoint, and resumes to the same weights", async () => {
    const { lines: undisturbed } = await run(...all);
    const out = inside("interrupted");
    const { code, lines } = await zerothSignalled(driver!, "SIGINT", 10, ...all, "--out", out);
    expect(code).toBe(130);
    const [listed] = (await run("list", out)).lines;
    const kept = Number(lines.at(-1)!["step"]);
    expect(listed).toMatchObject({ status: "paused", step: kept });
    expect(kept).toBeLessThan(40);
    const { lines: resumed } = await run("train", "--resume", out);
    expect([...lines, ...resumed].map(({ step }) => step)).toEqual(
      undisturbed.map(({ step }) => step),
    );
    expect(resumed.at(-1)).toEqual(undisturbed.at(-1));
  });
});

test("a run that diverged says so in its last line, its status and its exit code", async () => {
  const out = inside("diverged");
  const hot = ["--steps", "40", "--batch-size", "4", "--lr", "0.3", "--seed", "7"];
  const { code, lines, stderr } = await zeroth(
    driver!,
    ...["train", preNorm, rows, "--dev", dev, ...hot, "--out", out],
  );
  expect(code).toBe(3);
  expect(lines.at(-1)).toMatchObject({ status: "diverged", best_step: 0 });
  expect(Number(lines.at(-1)!["diverged_at"])).toBeLessThanOrEqual(15);
  expect(stderr).toMatch(
    /^"opt-tiny-pre-ln" diverged: its loss rose from 0\.\d+ before training to /m,
  );
  expect((await run("list", out)).lines).toMatchObject([{ status: "diverged", step: 40 }]);
});

test("a run whose rebuilt weights differ from the recorded hash fails its replay", async () => {
  const out = inside("altered");
  await run("train", preNorm, rows, ...shape, "--out", out);
  const [file] = readdirSync(join(out, "runs"));
  const path = join(out, "runs", file!);
  const record = JSON.parse(readFileSync(path, "utf8"));
  const recorded = "0".repeat(64);
  writeFileSync(path, JSON.stringify({ ...record, weightsSha256: recorded }));
  const { code, stderr } = await zeroth(driver!, "replay", out);
  expect(code).toBe(1);
  expect(stderr).toMatch(`have the hash ${record.weightsSha256}, the run recorded ${recorded}`);
});

describe("write", () => {
  test("prints the greedy text of transformers, its ids and the measured rate", async () => {
    const { promptIds, ids, text } = expectedWriting("opt-tiny-pre-ln")[3]!;
    expect(promptIds[0]).toBe(2);
    const prompt = "Question: who wrote the book?\\nAnswer:";
    const { lines } = await run("write", preNorm, "--prompt", prompt, "--max-new-tokens", "24");
    expect(lines).toEqual([{ text, ids, tokens_per_second: expect.any(Number), ending: "length" }]);
  });

  test("the same seed samples the same text", async () => {
    const sampling = ["--temperature", "1.5", "--top-k", "50", "--seed", "9"];
    const draw = async () => (await run("write", preNorm, "--prompt", "The", ...sampling)).lines;
    const [[first], [second]] = [await draw(), await draw()];
    expect(second!["ids"]).toEqual(first!["ids"]);
  });
});

test("a run with f16 weights is saved, rebuilt and exported as f16", async () => {
  const out = ["--dtype", "f16", "--out", inside("half")];
  const { lines } = await run("train", preNorm, rows, "--method", "sparse_mezo", ...shape, ...out);
  const { final_loss: loss, weights_sha256: sha256 } = lines.at(-1)!;
  // On another driver where there is one: the rounding is the same everywhere.
  const replayed = await zerothWell(otherDriver ?? driver!, "replay", inside("half"));
  expect(replayed.lines).toEqual([{ weights_sha256: sha256 }]);
  await run("export", inside("half"), inside("halves"));
  const config = JSON.parse(readFileSync(join(inside("halves"), "config.json"), "utf8"));
  expect(config.torch_dtype).toBe("float16");
  const bytes = readFileSync(join(inside("halves"), "model.safetensors"));
  const data = bytes.subarray(8 + Number(bytes.readBigUInt64LE(0)));
  expect(createHash("sha256").update(data).digest("hex")).toBe(sha256);
  const [evaluated] = (await run("eval", inside("halves"), rows, "--dtype", "f16")).lines;
  expect(evaluated).toMatchObject({ loss });
}, 120_000);

test("a run with a score head is rebuilt, bundled, exported and evaluated", async () => {
  const sentences = reviewLines.slice(0, 8).map((line) => {
    const { text, label } = JSON.parse(line);
    return JSON.stringify({ sentence: text, label });
  });
  writeFileSync(inside("sst2.jsonl"), sentences.join("\n"));
  const file = inside("sst2.jsonl");
  const asked = ["--task", "SST2", "--head"];
  const { lines } = await run(
    "train",
    preNorm,
    file,
    ...asked,
    ...shape,
    "--dev",
    file,
    "--eval-every",
    "4",
    "--out",
    inside("head"),
  );
  const end = lines.at(-1)!["weights_sha256"];
  await run("bundle", inside("head"), inside("head.zip"));
  const handedOn = await run("replay", inside("head.zip"), preNorm);
  expect(handedOn.lines).toEqual([{ weights_sha256: end, is_as_recorded: true }]);
  await run("export", inside("head"), inside("classifier"), "--step", "last");
  const [evaluated] = (await run("eval", inside("classifier"), file, ...asked)).lines;
  const last = lines.at(-2)!;
  const ended = { accuracy: last["eval_accuracy"], loss: last["eval_loss"], n: 8 };
  expect(evaluated).toMatchObject(ended);
});

test("info prints the adapter, its limits and features, and the result of a self-test", async () => {
  const { lines } = await run("info");
  const [facts] = lines;
  expect(Object.keys(facts!)).toEqual(
    expect.arrayContaining(["vendor", "architecture", "isSoftware", "hasF16", "limits"]),
  );
  const results = facts!["self_test"];
  expect(Array.isArray(results) && results.length).toBeGreaterThan(2);
  expect(JSON.stringify(results)).not.toContain('"passed":false');
});

describe.concurrent("an error is one message on stderr with exit code 1", () => {
  const broken = inside("pointer");
  beforeAll(() => {
    cpSync(preNorm, broken, { recursive: true });
    rmSync(join(broken, "pytorch_model.bin"));
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 9\n`;
    writeFileSync(join(broken, "model.safetensors"), pointer);
  });

  test.each<[what: string, message: RegExp, args: readonly string[]]>([
    ["an unknown command", /There is no command "tune".*score, train/, ["tune"]],
    ["an unknown flag", /--stepps/, ["train", preNorm, rows, "--stepps", "4"]],
    ["a word for a number", /--steps is "many"/, ["train", preNorm, rows, "--steps", "many"]],
    ["a number out of range", /ε is 7; .*1e-8 … 1/, ["train", preNorm, rows, "--eps", "7"]],
    [
      "an unknown method",
      /no method "adam".*mezo_svrg/,
      ["train", preNorm, rows, "--method", "adam"],
    ],
    [
      "a flag of another method",
      /--svrg-q is no setting/,
      ["train", preNorm, rows, "--svrg-q", "2"],
    ],
    ["a missing folder", /no folder "gone"/, ["score", "gone", texts]],
    ["missing rows", /"gone.jsonl" could not be read/, ["train", preNorm, "gone.jsonl"]],
    [
      ...(["a step never reached", /--step is "9".*0 to 4/] as const),
      ["export", inside("run"), inside("never"), "--step", "9"],
    ],
    ["a run that is not there", /There is no run in/, ["replay", inside("nothing")]],
    ["a pointer in place of weights", /Git-LFS pointer/, ["score", broken, texts]],
    ["writing on from nothing", /Give the text/, ["write", preNorm]],
    [
      ...(["greedy writing at a temperature", /--greedy does not sample/] as const),
      ["write", preNorm, "--prompt", "a", "--greedy", "--temperature", "2"],
    ],
    ["too few words", /Usage: .*score MODEL TEXTS/, ["score", preNorm]],
    [
      ...(["a column that is not there", /film/] as const),
      ["train", preNorm, rows, "--template", "{film} It was"],
    ],
    [
      ...(["labels without words", /words|label/i] as const),
      ["train", preNorm, rows, "--labels", "0|1|2", "--words", " bad| good"],
    ],
    [
      "a head that is not there yet",
      /no head for labels yet/,
      [
        "eval",
        preNorm,
        dev,
        "--head",
        "--template",
        "{text}",
        "--labels",
        "0|1",
        "--label-column",
        "label",
      ],
    ],
    [
      "words beside a head",
      /leave out --words/,
      ["train", preNorm, rows, "--head", "--words", "a|b"],
    ],
    ["a beginning token of its own", /--bos is "1"/, ["score", preNorm, texts, "--bos", "1"]],
  ])("%s", async (_, message, args) => {
    const { code, stdout, stderr } = await zeroth(driver!, ...args);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split("\n").length, stderr).toBe(1);
    expect(stderr).not.toMatch(/\bat .*:\d+:\d+/);
    expect(stdout).toBe("");
    expect(code).toBe(1);
  });

  test("no command: the list of commands is on stderr", async () => {
    const { code, stdout, stderr } = await zeroth(driver!);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^Usage: zeroth COMMAND/);
  });

  test("also in a process of its own", async () => {
    const { code, stdout, stderr } = await zerothAlone(driver!, "score", "gone", texts);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/no folder "gone"/);
  });
});
