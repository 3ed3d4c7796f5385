import { describe, expect, test } from "vitest";
import { ratiosOf, spreadOf, spreadText, turnsOf } from "./rounds.ts";

const others = ["a", "b", "c", "d", "e"];

describe("a round", () => {
  test("has everyone once, and the base first, last and after every two others", () => {
    expect(turnsOf("base", others, 0)).toEqual(
      ["base", "a", "b", "base", "c", "d", "base", "e", "base"], // five others leave one alone
    );
    for (let round = 0; round < 10; round++) {
      const turns = turnsOf("base", others, round);
      expect(turns.filter((name) => name !== "base").sort()).toEqual(others);
      expect(turns).toHaveLength(9);
    }
  });

  test("begins with another one each time, and each follows each neighbour in turn", () => {
    const orders = Array.from({ length: 10 }, (_, round) =>
      turnsOf("base", others, round).filter((name) => name !== "base"),
    );
    expect(new Set(orders.map((order) => order.join()))).toHaveProperty("size", 10);
    expect(new Set(orders.map(([first]) => first))).toHaveProperty("size", 5);
    const before = (name: string) => new Set(orders.map((o) => o[o.indexOf(name) - 1]));
    expect(before("b")).toEqual(new Set(["a", "c", undefined]));
  });
});

describe("ratios of a round", () => {
  test("are taken from the base's runs on either side, so that a machine that slows down changes none", () => {
    // Everything takes what it takes at full speed, times how slow the machine is by then.
    const names = turnsOf("base", ["a", "b", "c"], 0); // base a b base c base
    const atFullSpeed: Readonly<Record<string, number>> = { base: 10, a: 12, b: 20, c: 5 };
    const turns = names.map((name, i) => ({ name, ms: atFullSpeed[name]! * (i < 3 ? 1 : 3) }));
    // c lies between two slow runs of the base; a and b between a fast and a slow one, mean 20.
    expect(ratiosOf("base", turns)).toEqual({ a: 12 / 20, b: 20 / 20, c: 0.5 });
  });

  test("cannot be had of a turn without the base on both sides", () => {
    const turns = [
      { name: "base", ms: 1 },
      { name: "a", ms: 1 },
    ];
    expect(() => ratiosOf("base", turns)).toThrow(/does not run on both sides of a/);
  });
});

describe("a spread", () => {
  // numpy.quantile([7, 1, 3, 10], [0.25, 0.5, 0.75]) -> [2.5, 5.0, 7.75]
  test("has numpy's median and quartiles", () => {
    expect(spreadOf([7, 1, 3, 10])).toEqual({ lower: 2.5, median: 5, upper: 7.75 });
    expect(spreadOf([2])).toEqual({ lower: 2, median: 2, upper: 2 });
  });

  test("reads as the median with the quartiles in brackets", () => {
    expect(spreadText({ median: 1.084, lower: 1.05, upper: 1.116 })).toBe("1.08 (1.05–1.12)");
  });
});
