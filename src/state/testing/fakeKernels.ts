import type { Command, EngineEvent } from "#session/protocol.ts";
import type { KernelsReport } from "#session/reports.ts";

/** What a scripted engine says of kernels. Plausible, not measured: for tests and previews only. */
const fakeKernels: KernelsReport = {
  isFixed: false,
  measured: { at: "2026-11-20T09:12:00.000Z", milliseconds: 1840, widths: "768 / 3072" },
  classes: [
    { name: "few.narrow", kernel: "linear_few", gflops: 212.4 },
    { name: "few.wide", kernel: "linear_few", gflops: 388.1 },
    { name: "few.head", kernel: "linear_tile", gflops: 512.9 },
    { name: "some.narrow", kernel: "linear_tile", gflops: 1820.3 },
    { name: "some.wide", kernel: "linear_shared_vec4", gflops: 3120.7 },
    { name: "some.head", kernel: "linear_shared_vec4", gflops: null },
    { name: "many.narrow", kernel: "linear_shared_vec4", gflops: 4105.2 },
    { name: "many.wide", kernel: "linear_shared_wide", gflops: 5210.6 },
    { name: "many.head", kernel: "linear_shared_wide", gflops: null },
  ],
  refused: ["linear_quad is off by 3.1e-2; 1e-5 is allowed."],
};

/** What a scripted engine says of its kernels on the way to an answer. */
export function fakeKernelEvents({ type }: Command): readonly EngineEvent[] {
  if (type === "checkDevice") return [{ type: "kernels", kernels: fakeKernels }];
  if (type !== "resetTuning") return [];
  const classes = fakeKernels.classes.map((one) => ({ ...one, gflops: null }));
  return [{ type: "kernels", kernels: { ...fakeKernels, measured: null, classes, refused: [] } }];
}
