import { ZerothError } from "#base/errors.ts";
import { listOf } from "#base/text.ts";
import type { ModelFiles } from "#data/formats/modelFiles.ts";
import type { TensorSource } from "#data/formats/tensorSource.ts";
import type { Parameter } from "./parameters.ts";

/** Tensors that model files may hold beside the parameters. */
const ignored = new Set(["lm_head.weight"]);

/**
 * The tensor of each parameter, in table order. Names may lack the leading `model.`; a tied
 * `lm_head.weight` is ignored.
 *
 * @throws ZerothError E-FILE-5 naming tensors that are missing, unexpected or of another shape
 */
export function matchTensors(
  table: readonly Parameter[],
  files: ModelFiles,
): readonly TensorSource[] {
  const byName = new Map<string, TensorSource>();
  for (const tensor of files.tensors.values()) byName.set(fullName(tensor.name), tensor);
  const missing: string[] = [];
  const wrongShapes: string[] = [];
  const matched: TensorSource[] = [];
  for (const parameter of table) {
    const tensor = byName.get(parameter.name);
    byName.delete(parameter.name);
    if (!tensor) missing.push(parameter.name);
    else if (!sameShape(tensor.shape, parameter.shape)) {
      wrongShapes.push(
        `"${parameter.name}" is [${tensor.shape.join(", ")}] and should be [${parameter.shape.join(", ")}]`,
      );
    } else matched.push(tensor);
  }
  const unexpected = [...byName.keys()].filter((name) => !ignored.has(name));
  const problems = [
    ...describe(missing, "is missing", "are missing"),
    ...(wrongShapes.length > 0
      ? [`${wrongShapes.slice(0, 3).join("; ")}${more(wrongShapes)}`]
      : []),
    ...describe(unexpected, "does not belong to OPT", "do not belong to OPT"),
  ];
  if (problems.length === 0) return matched;
  throw new ZerothError(
    "E-FILE-5",
    `The weights do not fit config.json: ${problems.join("; ")}. Is config.json from another size?`,
  );
}

/** Some checkpoints, such as opt-350m's, leave out the leading `model.`. */
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
