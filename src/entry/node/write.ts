import { ZerothError } from "#base/errors.ts";
import { idsBefore } from "#data/tokenizer/encodeText.ts";
import { loadTokenizer, type Tokenizer } from "#data/tokenizer/tokenizer.ts";
import type { Device } from "#gpu/device.ts";
import type { Model } from "#model/model.ts";
import type { Sampling } from "#run/evaluation/sampling.ts";
import { fitPrompt, tokenRate, writeAll } from "#run/evaluation/writing.ts";
import { checkWriting, type WritingRequest } from "#run/evaluation/writingRequest.ts";
import { type Arguments, numberFlag } from "./flags.ts";
import { isRunFolder } from "./isRunFolder.ts";
import { chooseLinear, linearOf } from "./kernels.ts";
import {
  admitTexts,
  createModel,
  dtypeFrom,
  limitsFrom,
  loadModel,
  openFolder,
  openNodeDevice,
} from "./open.ts";
import { print } from "./print.ts";
import { rebuild } from "./runFolder.ts";
import { needOne } from "./score.ts";

const usage = 'write MODEL --prompt "…", or write RUN --prompt "…" [--step best|last|N]';

/**
 * `write MODEL --prompt "…" [--greedy | --temperature T --top-k K --top-p P [--seed S]]
 * [--max-new-tokens N] [--stop TEXT]`: `{"text", "ids", "tokens_per_second"}`. `\n` in the prompt and
 * the stop text is a line break.
 */
export async function writeCommand(args: Arguments): Promise<void> {
  const folder = needOne(args, usage);
  const request = requestFrom(args);
  const { device, model, tokenizer, before } = isRunFolder(folder)
    ? await openRun(args, folder)
    : await openModel(args, folder);
  const ids = [...before, ...tokenizer.encode(request.prompt)];
  if (ids.length === 0) throw withoutPrompt();
  const most = model.config.maxPositionEmbeddings;
  const { prompt, maxNewTokens } = fitPrompt(ids, request.maxNewTokens, most);
  const cut = ids.length - prompt.length;
  if (cut > 0)
    console.error(
      `The first ${cut} tokens of the prompt were cut: this model has ${most} positions.`,
    );
  await admitTexts(device, model, [prompt], maxNewTokens);
  const rate = tokenRate(() => performance.now());
  let tokensPerSecond: number | null = null;
  const options = { ...request, maxNewTokens };
  const [written] = await writeAll(model, tokenizer, [prompt], options, {
    onText: (_, { tokens }) => {
      tokensPerSecond = rate(tokens);
    },
  });
  print({
    text: written?.text ?? "",
    ids: written?.ids ?? [],
    tokens_per_second: tokensPerSecond,
    ending: written?.ending,
  });
}

function requestFrom(args: Arguments): WritingRequest {
  const { prompt, stop } = args.flags;
  if (prompt === undefined) {
    throw withoutPrompt();
  }
  const request = {
    prompt: withBreaks(prompt),
    sampling: samplingFrom(args),
    seed: numberFlag(args, "seed", 0),
    maxNewTokens: numberFlag(args, "max-new-tokens", 50),
    stops: stop === undefined ? [] : [withBreaks(stop)],
  };
  checkWriting(request);
  return request;
}

function withoutPrompt(): ZerothError {
  return new ZerothError("E-CLI-3", 'Give the text to continue: --prompt "…".');
}

/** Greedy unless a sampling flag is given; a seed alone is none. */
function samplingFrom(args: Arguments): Sampling {
  const given = ["temperature", "top-k", "top-p", "seed"].filter(
    (flag) => args.flags[flag] !== undefined,
  );
  if (given.length === 0) return { kind: "greedy" };
  if (args.isGreedy) {
    throw new ZerothError(
      "E-CLI-2",
      `--greedy does not sample; leave out --${given.join(", --")}.`,
    );
  }
  if (given.every((flag) => flag === "seed")) {
    throw new ZerothError(
      "E-CLI-2",
      "--seed has no effect on greedy generation; leave it out, or add --temperature, " +
        "--top-k or --top-p.",
    );
  }
  return {
    kind: "sampled",
    temperature: numberFlag(args, "temperature", 1),
    topK: numberFlag(args, "top-k", 0),
    topP: numberFlag(args, "top-p", 1),
  };
}

/** Shells pass `\n` as two characters. */
function withBreaks(text: string): string {
  return text.replaceAll("\\n", "\n");
}

interface Work {
  readonly device: Device;
  readonly model: Model;
  readonly tokenizer: Tokenizer;
  /** Ids before the prompt. */
  readonly before: readonly number[];
}

/** An example that sizes the buffers to process a prompt in parts. */
const reading = { row: 0, answer: 0, options: [{ ids: new Array(65).fill(2), optionLength: 1 }] };

async function openModel(args: Arguments, folder: string): Promise<Work> {
  const opened = await openFolder(folder);
  const before = idsBefore(opened.tokenizer, limitsFrom(args, opened.config));
  const device = await openNodeDevice();
  const dtype = dtypeFrom(args);
  const linear = chooseLinear(device, dtype, args.flags["linear"]);
  const work = { trained: [], evaluated: [reading], linear, dtype };
  const model = await loadModel(device, opened, work);
  return { device, model, tokenizer: opened.tokenizer, before };
}

async function openRun({ flags }: Arguments, folder: string): Promise<Work> {
  const { device, model, weights, run, base, step } = await rebuild(
    folder,
    flags["step"] ?? "best",
  );
  model.destroy();
  console.error(`The weights after step ${step} of ${run.steps.length}.`);
  const linear = linearOf(
    device,
    weights.layout.dtype,
    weights.config,
    run.record,
    flags["linear"],
  );
  const work = { trained: [], evaluated: [reading], linear };
  const tokenizer = loadTokenizer(new Map(Object.entries(base.tokenizerFiles)));
  return {
    device,
    model: await createModel(device, weights, work),
    tokenizer,
    before: idsBefore(tokenizer, run.record.task),
  };
}
