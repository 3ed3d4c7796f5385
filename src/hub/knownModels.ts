import { editDistance } from "#base/text.ts";

/** A model that the page suggests. Figures are the hub's; a download looks them up again. */
export interface KnownModel {
  readonly repo: string;
  readonly parameterCount: number;
  /** Weights and tokenizer, to three digits; `describeRepo` returns the exact figure. */
  readonly downloadBytes: number;
  readonly weightsFile: string;
  readonly licence: Licence;
}

export interface Licence {
  /** As the model's card has it: "other", "mit". */
  readonly id: string;
  /** A short summary, if known. */
  readonly summary: string;
  /** Path of the licence text in the repository. */
  readonly file: string | null;
}

const opt: Licence = {
  id: "other",
  summary:
    "OPT licence: non-commercial research only. The weights may not be passed on commercially.",
  file: "LICENSE.md",
};

/** vocab.json, merges.txt, config and the other small files: 1.4 MB for every OPT model. */
const SMALL_FILES = 1_357_000;

/** OPT as Meta published it, by size. The weights are f16, two bytes a parameter. */
export const knownModels: readonly KnownModel[] = [
  ["facebook/opt-125m", 125_239_296, 250_540_281] as const,
  ["facebook/opt-350m", 331_196_416, 663_000_000] as const,
  ["facebook/opt-1.3b", 1_315_758_080, 2_630_000_000] as const,
  ["facebook/opt-2.7b", 2_651_596_800, 5_303_359_381] as const,
].map(([repo, parameterCount, weightBytes]) => ({
  repo,
  parameterCount,
  downloadBytes: weightBytes + SMALL_FILES,
  weightsFile: "pytorch_model.bin",
  licence: opt,
}));

/** The licence of a model whose card says only "other", by its name. */
export function knownLicence(repo: string): Licence | undefined {
  return /^facebook\/opt-[\w.-]+$/i.test(repo) ? opt : undefined;
}

/** The known model with the closest name, if it is close enough to be a typing error. */
export function nearestKnown(repo: string): string | undefined {
  const wanted = repo.toLowerCase();
  const bare = wanted.slice(wanted.indexOf("/") + 1);
  const ranked = knownModels
    .map((model) => {
      const name = model.repo.slice(model.repo.indexOf("/") + 1);
      const distance = Math.min(editDistance(wanted, model.repo), editDistance(bare, name) + 0.5);
      return { repo: model.repo, distance };
    })
    .sort((a, b) => a.distance - b.distance);
  const [best] = ranked;
  return best && best.distance <= 3 ? best.repo : undefined;
}
