import { describe, expect, test } from "vitest";
import {
  canRun,
  cardsOf,
  eachClass,
  fromKernelRecord,
  halvesChoice,
  linearClasses,
  linearClassOf,
  onlyKernel,
  runnableChoice,
  toKernelRecord,
  usualChoice,
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
  test("gives back the choice it was made from", () => {
    const choice = eachClass((name) => (name === "few.head" ? linearFew : linearShared));
    expect(fromKernelRecord(toKernelRecord(choice))).toEqual(choice);
    expect(toKernelRecord(choice)).toMatchObject({ "linear.few.head": "linear_few" });
  });

  test("names one kernel that does everything once, as runs of the first version did", () => {
    expect(toKernelRecord(onlyKernel(linearQuad))).toEqual({ linear: "linear_quad" });
    expect(fromKernelRecord({ linear: "linear_quad" })).toEqual(onlyKernel(linearQuad));
  });

  test("names kernels for halves beside the others, and widens where it names none", () => {
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

  test("with a kernel that is gone opens with the one that runs everywhere", () => {
    expect(fromKernelRecord({ linear: "linear_of_old" })).toEqual(onlyKernel(linearShared));
  });

  test("that names none is no choice", () => {
    expect(fromKernelRecord({})).toBeNull();
    expect(fromKernelRecord({ attention: "attention" })).toBeNull();
  });
});

test("every class is reached by some product", () => {
  const reached = [1, 32, 33, 256, 257, 4096].flatMap((rows) =>
    [768, 3072].flatMap((columns) =>
      [false, true].map((overScored) => linearClassOf(rows, columns, overScored)),
    ),
  );
  expect(new Set(reached)).toEqual(new Set(linearClasses));
});

const lavapipe = { isSoftware: true, isSwiftShader: false, hasSubgroups: true };
const swiftShader = { ...lavapipe, isSwiftShader: true };

test("a software adapter takes tall register tiles where rows fill them", () => {
  const choice = usualChoice(lavapipe);
  expect(choice["few.wide"]).toBe(linearQuad);
  expect(choice["many.wide"]).toBe(linearQuadTall);
  expect(cardsOf(choice)).toHaveLength(2);
});

test("SwiftShader takes low ones for everything", () => {
  expect(usualChoice(swiftShader)).toEqual(onlyKernel(linearQuad));
});

test.each([lavapipe, swiftShader])(
  "halves are read as they lie, by tiles of the same shape",
  (info) => {
    const choice = usualChoice(info, "f16");
    expect(choice).toMatchObject(usualChoice(info));
    for (const name of linearClasses) {
      expect(choice[`${name}.halves`]?.name).toBe(`${choice[name].name}_packed`);
    }
  },
);

test("what is unmeasured on a GPU runs on the kernel that needs nothing", () => {
  expect(usualChoice({ ...lavapipe, isSoftware: false })).toEqual(onlyKernel(linearShared));
  expect(usualChoice({ ...lavapipe, hasSubgroups: false })).toEqual(onlyKernel(linearShared));
});

test("a kernel that reads four neighbours at a time is no candidate for a width of 770", () => {
  expect(canRun(linearFew, { ...everywhere, config: widths })).toBe(true);
  expect(canRun(linearFew, { ...everywhere, config: { ...widths, ffnDim: 770 } })).toBe(false);
  expect(canRun(linearShared, { ...everywhere, config: { ...widths, ffnDim: 770 } })).toBe(true);
});

test("a kernel that wants subgroups is no candidate where there are none", () => {
  expect(canRun(linearQuad, { features: new Set(), config: widths })).toBe(false);
});

test("a choice that wants subgroups runs on other kernels where there are none", () => {
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
