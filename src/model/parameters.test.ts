import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseConfig } from "./config.ts";
import { parameterCount, parameterTable, type Stage } from "./parameters.ts";
import { publishedConfigs } from "./publishedConfigs.ts";

const fixture = (name: string, file: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../test/fixtures/${name}/${file}`, import.meta.url), "utf8"));

test.each(["opt-tiny-pre-ln", "opt-tiny-post-ln", "opt-tiny-real-vocab"])(
  "names, order and shapes of %s are those of transformers",
  (name) => {
    const config = parseConfig(fixture(name, "config.json") as Record<string, unknown>);
    const table = parameterTable(config).map((p) => [p.name, p.shape]);
    expect(table).toEqual(fixture(name, "parameters.json"));
  },
);

// python: sum(p.numel() for p in OPTForCausalLM(config).parameters())
test.each([
  ["opt-125m", 125_239_296, 196],
  ["opt-350m", 331_196_416, 388],
  ["opt-1.3b", 1_315_758_080, 388],
  ["opt-2.7b", 2_651_596_800, 516],
] as const)("%s has %i parameters in %i tensors", (name, count, tensors) => {
  const table = parameterTable(parseConfig(publishedConfigs[name]));
  expect(parameterCount(table)).toBe(count);
  expect(table.length).toBe(tensors);
});

describe("a parameter of the table", () => {
  const table = parameterTable(parseConfig(publishedConfigs["opt-350m"]));

  test("has its place as its index, whatever the model", () => {
    expect(table.map(({ index }) => index)).toEqual([...table.keys()]);
  });

  test("belongs to its block, or comes before or after the blocks", () => {
    const namesAt = (wanted: Stage) =>
      table.filter(({ stage }) => stage === wanted).map(({ name }) => name);
    expect(namesAt("input")).toEqual([
      "model.decoder.embed_tokens.weight",
      "model.decoder.embed_positions.weight",
      "model.decoder.project_in.weight",
    ]);
    expect(namesAt("output")).toEqual(["model.decoder.project_out.weight"]);
    expect(namesAt(23)).toEqual(
      table.map(({ name }) => name).filter((name) => name.includes(".layers.23.")),
    );
    expect(namesAt(23).length).toBe(16);
  });

  test("has the role that its name and shape tell", () => {
    const classifier = parameterTable({
      ...parseConfig(publishedConfigs["opt-125m"]),
      numLabels: 2,
    });
    for (const { name, shape, role } of [...table, ...classifier]) {
      const isNorm = name.includes("layer_norm");
      const vector = isNorm ? "norm" : "bias";
      const matrix = name.includes("embed_")
        ? "embedding"
        : name.startsWith("score")
          ? "head"
          : "matrix";
      expect(role, name).toBe(shape.length === 1 ? vector : matrix);
    }
  });

  test("decays unless it is a bias or of a layer norm", () => {
    for (const { name, shape, decays } of table) expect(decays, name).toBe(shape.length === 2);
  });
});
