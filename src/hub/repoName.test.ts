import { expect, test } from "vitest";
import { knownModels, nearestKnown } from "./knownModels.ts";
import { parseEndpoint, parseRepo } from "./repoName.ts";

test.each([
  ["facebook/opt-125m", "facebook/opt-125m", "main"],
  ["  facebook/opt-125m@refs/pr/35 ", "facebook/opt-125m", "refs/pr/35"],
  ["https://huggingface.co/facebook/opt-125m", "facebook/opt-125m", "main"],
  ["huggingface.co/facebook/opt-125m/", "facebook/opt-125m", "main"],
  ["https://hf.co/facebook/opt-1.3b/tree/main", "facebook/opt-1.3b", "main"],
  ["https://huggingface.co/a/b/blob/0123abc/config.json?x=1", "a/b", "0123abc"],
  ["https://huggingface.co/a/b/tree/refs%2Fpr%2F35", "a/b", "refs/pr/35"],
  ["https://huggingface.co/a/b/tree/refs/pr/35", "a/b", "refs/pr/35"],
])("%s is a model's name", (text, repo, revision) => {
  expect(parseRepo(text)).toEqual({ repo, revision });
});

test("a data set may have no owner, and its address has one more part", () => {
  expect(parseRepo("sst2", "dataset")).toEqual({ repo: "sst2", revision: "main" });
  const address = "https://huggingface.co/datasets/stanfordnlp/sst2/viewer/default/train";
  expect(parseRepo(address, "dataset").repo).toBe("stanfordnlp/sst2");
});

test.each(["", "opt-125m", "a/b/c", "../etc/passwd", "a/..", "a/b@x y", "a/b@..", "a b/c", "a/b@"])(
  "%j is refused as a model's name",
  (text) => {
    expect(() => parseRepo(text)).toThrow(expect.objectContaining({ code: "E-NET-7" }));
  },
);

test("an address with a stray % is refused like any malformed address", () => {
  expect(() => parseRepo("https://huggingface.co/facebook/opt-125m/tree/ma%n")).toThrow(
    expect.objectContaining({
      code: "E-NET-7",
      message: '"ma%n" is not a revision. Write a branch, a tag or a commit after the @.',
    }),
  );
});

test("an address on another server than the hub is refused", () => {
  expect(() => parseRepo("https://example.com/a/b")).toThrow("not on https://huggingface.co");
  expect(parseRepo("https://hub.example/a/b", "model", "https://hub.example").repo).toBe("a/b");
});

test("a hub's address is https, or on this machine", () => {
  expect(parseEndpoint(" https://hf-mirror.example/path/ ")).toBe("https://hf-mirror.example/path");
  expect(parseEndpoint("http://localhost:8080/")).toBe("http://localhost:8080");
  expect(() => parseEndpoint("http://hub.example")).toThrow("https://");
  expect(() => parseEndpoint("javascript:alert(1)")).toThrow("https://");
});

test("a typing error is recognised, another model is not", () => {
  expect(nearestKnown("facebook/opt-125")).toBe("facebook/opt-125m");
  expect(nearestKnown("opt-1.3b")).toBe("facebook/opt-1.3b");
  expect(nearestKnown("Facebook/OPT-350m")).toBe("facebook/opt-350m");
  expect(nearestKnown("meta-llama/Llama-2-7b")).toBeUndefined();
});

test("known models have two bytes per parameter, as in f16", () => {
  for (const { parameterCount, downloadBytes } of knownModels) {
    expect(downloadBytes / parameterCount).toBeCloseTo(2, 1);
  }
});
