import { ZerothError } from "#base/errors.ts";
import { listOf } from "#base/text.ts";
import type { ModelFiles } from "#data/formats/modelFiles.ts";
import type { TensorSource } from "#data/formats/tensorSource.ts";
import type { Parameter } from "./parameters.ts";

/** Tensors a checkpoint may hold that are no parameters of ours. */
const known = new Set(["lm_head.weight"]);

/**
 * The tensor of each parameter, in table order. Names may come with or without `model.`; a tied
 * `lm_head.weight` is passed over.
 *
 * @throws ZerothError E-FILE-5 naming what is missing, extra or misshapen, with both shapes
 */
export function matchTensors(
  table: readonly Parameter[],
  checkpoint: ModelFiles,
): readonly TensorSource[] {
  const byName = new Map<string, TensorSource>();
  for (const tensor of checkpoint.tensors.values()) byName.set(fullName(tensor.name), tensor);
  const missing: string[] = [];
  const misshapen: string[] = [];
  const matched: TensorSource[] = [];
  for (const parameter of table) {
    const tensor = byName.get(parameter.name);
    byName.delete(parameter.name);
    if (!tensor) missing.push(parameter.name);
    else if (!sameShape(tensor.shape, parameter.shape)) {
      misshapen.push(
        `"${parameter.name}" is [${tensor.shape.join(", ")}] and should be [${parameter.shape.join(", ")}]`,
      );
    } else matched.push(tensor);
  }
  const extra = [...byName.keys()].filter((name) => !known.has(name));
  const problems = [
    ...describe(missing, "is missing", "are missing"),
    ...(misshapen.length > 0 ? [`${misshapen.slice(0, 3).join("; ")}${more(misshapen)}`] : []),
    ...describe(extra, "does not belong to OPT", "do not belong to OPT"),
  ];
  if (problems.length === 0) return matched;
  throw new ZerothError(
    "E-FILE-5",
    `The weights do not fit config.json: ${problems.join("; ")}. Is config.json from another size?`,
  );
}

/** Some checkpoints (opt-350m's) leave out the leading `model.`. */
function fullName(name: string): string {
  return name.startsWith("decoder.") ? `model.${name}` : name;
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((n, i) => n === b[i]);
}

function describe(names: readonly string[], one: string, many: string): string[] {
  if (names.length === 0) return [];
  return [`${listOf(names, 3)} ${names.length === 1 ? one : many}`];
}

function more(things: readonly unknown[]): string {
  return things.length > 3 ? ` and ${things.length - 3} more` : "";
}
