import { expect, test } from "vitest";
import type { ModelFiles } from "#data/formats/modelFiles.ts";
import type { TensorSource } from "#data/formats/tensorSource.ts";
import { matchTensors } from "./matchTensors.ts";
import { parameterTable } from "./parameters.ts";
import { oddConfig } from "./testing/configs.ts";

const table = parameterTable(oddConfig());

function tensor(name: string, shape: readonly number[]): TensorSource {
  const read = () => Promise.reject(new Error("nothing is read while matching"));
  return { name, dtype: "F32", shape, sizeBytes: 4, read };
}

function checkpointOf(tensors: readonly TensorSource[]): ModelFiles {
  const nothing = { config: {}, tokenizerFiles: new Map(), otherFiles: new Map(), notes: [] };
  return { format: "safetensors", tensors: new Map(tensors.map((t) => [t.name, t])), ...nothing };
}

const whole = () => table.map(({ name, shape }) => tensor(name, shape));
const refused = (sentence: string) =>
  expect.objectContaining({
    code: "E-FILE-5",
    message: `The weights do not fit config.json: ${sentence}. Is config.json from another size?`,
  });

test("tensors are returned in table order, whatever their order in the file", () => {
  const matched = matchTensors(table, checkpointOf(whole().reverse()));
  expect(matched.map(({ name }) => name)).toEqual(table.map(({ name }) => name));
});

test("names without the leading `model.` and a tied lm_head are accepted", () => {
  const short = whole().map((t) => ({ ...t, name: t.name.replace("model.", "") }));
  const matched = matchTensors(
    table,
    checkpointOf([...short, tensor("lm_head.weight", [333, 36])]),
  );
  expect(matched.length).toBe(table.length);
});

test("a missing tensor is reported by name", () => {
  expect(() => matchTensors(table, checkpointOf(whole().slice(1)))).toThrow(
    refused('"model.decoder.embed_tokens.weight" is missing'),
  );
});

test("of many missing tensors three are reported", () => {
  expect(() => matchTensors(table, checkpointOf(whole().slice(5)))).toThrow(
    refused(
      '"model.decoder.embed_tokens.weight", "model.decoder.embed_positions.weight", ' +
        '"model.decoder.final_layer_norm.weight" and 2 more are missing',
    ),
  );
});

test("a tensor of another shape is reported with both shapes", () => {
  const tensors = whole();
  tensors[0] = tensor(tensors[0]!.name, [36, 333]);
  expect(() => matchTensors(table, checkpointOf(tensors))).toThrow(
    refused('"model.decoder.embed_tokens.weight" is [36, 333] and should be [333, 36]'),
  );
});

test("a tensor that OPT does not have is reported by name", () => {
  const extra = tensor("model.decoder.layers.2.fc1.weight", [50, 36]);
  expect(() => matchTensors(table, checkpointOf([...whole(), extra]))).toThrow(
    refused('"model.decoder.layers.2.fc1.weight" does not belong to OPT'),
  );
});

test("all problems are reported at once", () => {
  const tensors = whole().slice(1);
  tensors[0] = tensor(tensors[0]!.name, [3]);
  expect(() => matchTensors(table, checkpointOf([...tensors, tensor("x", [1])]))).toThrow(
    refused(
      '"model.decoder.embed_tokens.weight" is missing; ' +
        '"model.decoder.embed_positions.weight" is [3] and should be [43, 36]; ' +
        '"x" does not belong to OPT',
    ),
  );
});
