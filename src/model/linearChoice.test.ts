import { describe, expect, test } from "vitest";
import {
  canRun,
  cardsOf,
  defaultChoice,
  eachClass,
  fromKernelRecord,
  halvesChoice,
  linearClasses,
  linearClassOf,
  onlyKernel,
  runnableChoice,
  toKernelRecord,
} from "./linearChoice.ts";
import {
  linearFew,
  linearQuad,
  linearQuadPacked,
  linearQuadTall,
  linearShared,
  linearSharedPacked,
} from "./linearKernels.ts";

const everywhere = { features: new Set(["subgroups"]) };
const widths = { hiddenSize: 768, ffnDim: 3072, wordEmbedProjDim: 512 };

describe("a record of kernels", () => {
  test("restores the choice it was made from", () => {
    const choice = eachClass((name) => (name === "few.head" ? linearFew : linearShared));
    expect(fromKernelRecord(toKernelRecord(choice))).toEqual(choice);
    expect(toKernelRecord(choice)).toMatchObject({ "linear.few.head": "linear_few" });
  });

  test("has a single entry for a single kernel, as in the first version", () => {
    expect(toKernelRecord(onlyKernel(linearQuad))).toEqual({ linear: "linear_quad" });
    expect(fromKernelRecord({ linear: "linear_quad" })).toEqual(onlyKernel(linearQuad));
  });

  test("has entries for halves, which are widened without one", () => {
    const choice = {
      ...onlyKernel(linearQuad),
      ...halvesChoice((name) => (name.startsWith("few.") ? linearQuadPacked : undefined)),
    };
    const record = toKernelRecord(choice);
    expect(record).toEqual({
      linear: "linear_quad",
      "linear.few.narrow.halves": "linear_quad_packed",
      "linear.few.wide.halves": "linear_quad_packed",
      "linear.few.head.halves": "linear_quad_packed",
    });
    expect(fromKernelRecord(record)).toEqual(choice);
    expect(fromKernelRecord({ ...record, "linear.few.wide.halves": "of_old" })).not.toHaveProperty([
      "few.wide.halves",
    ]);
  });

  test("with an unknown kernel falls back to linear_shared", () => {
    expect(fromKernelRecord({ linear: "linear_of_old" })).toEqual(onlyKernel(linearShared));
  });

  test("without linear kernels is no choice", () => {
    expect(fromKernelRecord({})).toBeNull();
    expect(fromKernelRecord({ attention: "attention" })).toBeNull();
  });
});

test("every class has some product", () => {
  const reached = [1, 32, 33, 256, 257, 4096].flatMap((rows) =>
    [768, 3072].flatMap((columns) =>
      [false, true].map((overScored) => linearClassOf(rows, columns, overScored)),
    ),
  );
  expect(new Set(reached)).toEqual(new Set(linearClasses));
});

const lavapipe = { isSoftware: true, isSwiftShader: false, hasSubgroups: true };
const swiftShader = { ...lavapipe, isSwiftShader: true };

test("lavapipe uses tall register tiles for more than a few rows", () => {
  const choice = defaultChoice(lavapipe);
  expect(choice["few.wide"]).toBe(linearQuad);
  expect(choice["many.wide"]).toBe(linearQuadTall);
  expect(cardsOf(choice)).toHaveLength(2);
});

test("SwiftShader uses low register tiles for everything", () => {
  expect(defaultChoice(swiftShader)).toEqual(onlyKernel(linearQuad));
});

test.each([lavapipe, swiftShader])(
  "software adapters read halves directly, with tiles of the same shape",
  (info) => {
    const choice = defaultChoice(info, "f16");
    expect(choice).toMatchObject(defaultChoice(info));
    for (const name of linearClasses) {
      expect(choice[`${name}.halves`]?.name).toBe(`${choice[name].name}_packed`);
    }
  },
);

test("a GPU starts with linear_shared, and so does a software adapter without subgroups", () => {
  expect(defaultChoice({ ...lavapipe, isSoftware: false })).toEqual(onlyKernel(linearShared));
  expect(defaultChoice({ ...lavapipe, hasSubgroups: false })).toEqual(onlyKernel(linearShared));
});

test("a kernel that reads four neighbours at a time cannot run for a width of 770", () => {
  expect(canRun(linearFew, { ...everywhere, config: widths })).toBe(true);
  expect(canRun(linearFew, { ...everywhere, config: { ...widths, ffnDim: 770 } })).toBe(false);
  expect(canRun(linearShared, { ...everywhere, config: { ...widths, ffnDim: 770 } })).toBe(true);
});

test("a kernel that needs subgroups cannot run without them", () => {
  expect(canRun(linearQuad, { features: new Set(), config: widths })).toBe(false);
});

test("a choice that needs subgroups gets other kernels without them", () => {
  const without = { features: new Set<string>(), config: widths };
  const choice = {
    ...eachClass((name) => (name.startsWith("few.") ? linearFew : linearQuad)),
    ...halvesChoice((name) => (name === "few.head" ? linearSharedPacked : linearQuadPacked)),
  };
  expect(runnableChoice(choice, { ...everywhere, config: widths })).toEqual({ choice, lost: [] });
  expect(runnableChoice(choice, without)).toEqual({
    choice: {
      ...eachClass((name) => (name.startsWith("few.") ? linearFew : linearShared)),
      "few.head.halves": linearSharedPacked,
    },
    lost: ["linear_quad", "linear_quad_packed"],
  });
});
