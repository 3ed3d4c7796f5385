import { describe, expect, test } from "vitest";
import { linkShader } from "./wgsl.ts";

const sources = (files: Readonly<Record<string, string>>) => new Map(Object.entries(files));

test("an included file replaces its #include line, with what it includes itself", () => {
  const shaders = sources({
    "main.wgsl": '// first\n#include "lib/b.wgsl"\nfn main() {}',
    "lib/b.wgsl": '#include "lib/a.wgsl"\nconst B = A;',
    "lib/a.wgsl": "const A = 1;",
  });
  const { code, files } = linkShader(shaders, "main.wgsl");
  expect(code).toBe("// first\nconst A = 1;\nconst B = A;\nfn main() {}");
  expect([...files].sort()).toEqual(["lib/a.wgsl", "lib/b.wgsl", "main.wgsl"]);
});

test("a file included several times is there once, where it is first included", () => {
  const shaders = sources({
    "main.wgsl": '#include "a.wgsl"\n#include "b.wgsl"',
    "a.wgsl": '#include "common.wgsl"\nconst A = 1;',
    "b.wgsl": '#include "common.wgsl"\nconst B = 2;',
    "common.wgsl": "const COMMON = 0;",
  });
  const { code } = linkShader(shaders, "main.wgsl");
  expect(code.match(/COMMON/g)).toHaveLength(1);
  expect(code.indexOf("COMMON")).toBeLessThan(code.indexOf("const A"));
});

test("files may include each other", () => {
  const shaders = sources({ "a.wgsl": '#include "b.wgsl"\nA', "b.wgsl": '#include "a.wgsl"\nB' });
  expect(linkShader(shaders, "a.wgsl").code.replaceAll("\n", "")).toBe("BA");
});

test("enable directives move to the top, each once", () => {
  const shaders = sources({
    "main.wgsl": '// head\nenable subgroups;\n#include "lib.wgsl"\nfn main() {}',
    "lib.wgsl": "enable f16;\nenable subgroups;\nconst A = 1;",
  });
  const lines = linkShader(shaders, "main.wgsl").code.split("\n");
  expect(lines.slice(0, 2)).toEqual(["enable subgroups;", "enable f16;"]);
  expect(lines.slice(2).filter((line) => line.startsWith("enable"))).toEqual([]);
});

test("lines keep their number in a file without includes, for the compiler's messages", () => {
  const text = "// 1\nconst A = 1;\n\nfn main() {}";
  expect(linkShader(sources({ "main.wgsl": text }), "main.wgsl").code).toBe(text);
});

test("a missing file is reported by name", () => {
  const shaders = sources({ "main.wgsl": '#include "lib/none.wgsl"' });
  expect(() => linkShader(shaders, "main.wgsl")).toThrow('There is no shader "lib/none.wgsl".');
  expect(() => linkShader(shaders, "other.wgsl")).toThrow('There is no shader "other.wgsl".');
});

describe("#repeat", () => {
  const link = (text: string) => linkShader(sources({ "main.wgsl": text }), "main.wgsl").code;

  test("writes its lines once for each number, with the number in them", () => {
    const text = "#repeat m 2\nlet x$m = $mu;\nlet y$m = x$m;\n#end\nreturn;";
    expect(link(text)).toBe("let x0 = 0u;\nlet y0 = x0;\nlet x1 = 1u;\nlet y1 = x1;\nreturn;");
  });

  test("takes its count from a constant of the including file", () => {
    const shaders = sources({
      "main.wgsl": 'const ROWS = 3u;\n#include "lib/tile.wgsl"',
      "lib/tile.wgsl": "  #repeat m ROWS\n  s$m\n  #end",
    });
    expect(linkShader(shaders, "main.wgsl").code).toBe("const ROWS = 3u;\n  s0\n  s1\n  s2");
  });

  test("is rejected if its constant is not declared above it, or its end is missing", () => {
    expect(() => link("#repeat m ROWS\n#end\nconst ROWS = 3u;")).toThrow("const ROWS = 8u;");
    expect(() => link("#repeat m 3\nlet x = 0;")).toThrow('"#repeat m 3" has no #end.');
  });
});
