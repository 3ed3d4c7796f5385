import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { create } from "webgpu";
import type { ShaderSources } from "#gpu/wgsl.ts";
import { throttleDawn } from "./throttleDawn.ts";

/**
 * Returns Dawn's WebGPU for Node. It lives as long as the process: garbage collection of it aborts.
 *
 * @param flags of Dawn, such as `backend=null` for a device that compiles but never runs
 */
const kept: GPU[] = [];
export function nodeGpu(flags: readonly string[] = []): GPU {
  throttleDawn();
  const gpu = create([...flags]);
  kept.push(gpu);
  return gpu;
}

/** Every `.wgsl` below `shaders/`. */
export function readShaders(): ShaderSources {
  const root = fileURLToPath(new URL("../../../shaders", import.meta.url));
  const files = readdirSync(root, { recursive: true, encoding: "utf8" });
  return new Map(
    files
      .filter((file) => file.endsWith(".wgsl"))
      .map((file) => [file.replaceAll("\\", "/"), readFileSync(join(root, file), "utf8")]),
  );
}
