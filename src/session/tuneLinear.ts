import type { WeightDtype } from "#base/dtype.ts";
import { toFailure } from "#base/errors.ts";
import type { Device } from "#gpu/device.ts";
import { compileKernel } from "#gpu/kernel.ts";
import { Memory } from "#gpu/memory.ts";
import { workDone } from "#gpu/wait.ts";
import type { ShaderSources } from "#gpu/wgsl.ts";
import type { OptConfig } from "#model/config.ts";
import {
  canRun,
  defaultChoice,
  eachClass,
  type HalfClass,
  halvesChoice,
  type LinearChoice,
  type LinearClass,
} from "#model/linearChoice.ts";
import { halfLinearCards, type LinearCard, linearCards } from "#model/linearKernels.ts";
import type { LinearKernel } from "#model/products.ts";
import {
  LINEAR_BOUND,
  linearBench,
  linearError,
  type ProductSize,
  productBuffers,
} from "./linearBench.ts";

export interface TuneParts {
  readonly device: Device;
  readonly sources: ShaderSources;
  readonly config: OptConfig;
  /** What the weights are stored as: kernels that read halves are tried where they are. */
  readonly dtype: WeightDtype;
  /** Columns of y that the head makes at once. */
  readonly headColumns: number;
  /** Milliseconds, any origin. */
  now(): number;
  onProgress?(done: number, total: number): void;
}

/** Result of the measurement. */
export interface Tuning {
  readonly choice: LinearChoice;
  /** GFLOP/s of the kernel chosen, for the classes there was time to measure. */
  readonly gflops: Readonly<Partial<Record<LinearClass | HalfClass, number>>>;
  /** Excluded kernels and the reason, a sentence each. */
  readonly refused: readonly string[];
  readonly milliseconds: number;
}

/** Limit of the whole measurement. Classes not measured by then get the kernel of the nearest class. */
const MOST_MS = 3000;
const REPEATS = 3;
/** A repetition lasts at least this, or three times as long as submitting nothing and waiting. */
const LEAST_MS = 4;
/** And at least so many ticks of the clock: Safari's has whole milliseconds. */
const LEAST_TICKS = 20;
/** Products per submit; more would block the GPU for everything else. */
const MOST_PRODUCTS = 1024;
/** A kernel this many times slower than another at its first try is not tried again. */
const HOPELESS = 2;
/** Rows of x in the classes few, some and many. */
const rowsOf = { few: 16, some: 128, many: 512 } as const;
/** Weights of a sign take no more than this, whatever the model. */
const MOST_WEIGHT_BYTES = 32 * 1024 * 1024;

/** The most expensive classes first, in case time runs out. */
const order = [
  "many.wide",
  "some.wide",
  "few.head",
  "many.narrow",
  "some.narrow",
  "few.wide",
  "few.narrow",
  "some.head",
  "many.head",
] as const satisfies readonly LinearClass[];

/**
 * Times every kernel for matrix products that this device can run, on shapes of this model, and returns the
 * fastest of each class. A kernel with wrong results, or one that does not compile, is excluded. A kernel that
 * reads f16 weights is chosen if it is as fast as the best over f32, not counting the conversion it saves.
 */
export async function tuneLinear(parts: TuneParts): Promise<Tuning> {
  const { device, now } = parts;
  const started = now();
  const isOver = () => now() - started >= MOST_MS;
  const refused: string[] = [];
  const isHalves = parts.dtype === "f16";
  const candidates = [...linearCards, ...(isHalves ? halfLinearCards : [])].filter((card) =>
    canRun(card, { features: device.device.features, config: parts.config }),
  );
  const total = candidates.length + order.length * (isHalves ? 2 : 1);
  let done = 0;
  const tell = () => parts.onProgress?.(++done, total);
  const kernels: LinearKernel[] = [];
  const packed: LinearKernel[] = [];
  for (const tried of await Promise.all(candidates.map((card) => compiled(parts, card)))) {
    const sound = await checked(device, tried);
    if (typeof sound === "string") refused.push(sound);
    else (sound.card.weights === "f16" ? packed : kernels).push(sound);
    tell();
  }
  const fastest = new Map<LinearClass, Fastest>();
  const overHalves = new Map<LinearClass, Fastest>();
  const waitMs = await medianWait(parts);
  const span = { waitMs, leastMs: Math.max(LEAST_MS, 3 * waitMs, LEAST_TICKS * tickOf(now)) };
  const fill = async (found: Map<LinearClass, Fastest>, tried: readonly LinearKernel[]) => {
    for (const name of order) {
      const best = isOver()
        ? null
        : await fastestOf(parts, tried, sizeOf(name, parts), span, isOver);
      if (best) found.set(name, best);
      tell();
    }
  };
  await fill(fastest, kernels);
  if (isHalves) await fill(overHalves, packed);
  for (const [name, { gflops }] of overHalves) {
    if (!(gflops >= (fastest.get(name)?.gflops ?? 0))) overHalves.delete(name);
  }
  const isSound = (card: LinearCard) => kernels.some((kernel) => kernel.card === card);
  const usual = defaultChoice(device.info);
  const overFloats = eachClass((name) => {
    const near = fastest.get(name) ?? nearest(name, fastest);
    return near?.card ?? (isSound(usual[name]) ? usual[name] : (kernels[0]?.card ?? usual[name]));
  });
  const rates = [
    ...[...fastest].map(([name, { gflops }]) => [name, gflops]),
    ...[...overHalves].map(([name, { gflops }]) => [`${name}.halves`, gflops]),
  ];
  return {
    choice: { ...overFloats, ...halvesChoice((name) => overHalves.get(name)?.card) },
    gflops: Object.fromEntries(rates),
    refused,
    milliseconds: now() - started,
  };
}

async function compiled(
  { device, sources }: TuneParts,
  card: LinearCard,
): Promise<LinearKernel | string> {
  try {
    return { ...(await compileKernel(device.device, sources, card)), card };
  } catch (error) {
    return toFailure(error).message;
  }
}

/** Returns the kernel, or the reason why it is excluded. */
async function checked(
  device: Device,
  kernel: LinearKernel | string,
): Promise<LinearKernel | string> {
  if (typeof kernel === "string") return kernel;
  const error = await linearError(device, kernel);
  if (error <= LINEAR_BOUND) return kernel;
  return `${kernel.card.name} is off by ${error.toExponential(1)}; ${LINEAR_BOUND.toExponential(0)} is allowed.`;
}

interface Fastest {
  readonly card: LinearCard;
  readonly gflops: number;
}

/** The measured class nearest to this one: with as many rows, else with many. */
function nearest(name: LinearClass, fastest: ReadonlyMap<LinearClass, Fastest>) {
  const rows = name.split(".")[0]!;
  const like = [...fastest].find(([other]) => other.startsWith(rows));
  return (like ?? [...fastest][0])?.[1];
}

function sizeOf(name: LinearClass, { config, headColumns }: TuneParts): ProductSize {
  const rows = rowsOf[rowsPart(name)];
  const { hiddenSize, ffnDim, wordEmbedProjDim } = config;
  if (name.endsWith(".head"))
    return within({ layers: 2, rows, inner: wordEmbedProjDim, outer: headColumns });
  const outer = name.endsWith(".wide") ? ffnDim : hiddenSize;
  return within({ layers: 2, rows, inner: hiddenSize, outer });
}

function rowsPart(name: LinearClass): keyof typeof rowsOf {
  if (name.startsWith("few.")) return "few";
  return name.startsWith("some.") ? "some" : "many";
}

function within({ outer, ...size }: ProductSize): ProductSize {
  const most = Math.floor(MOST_WEIGHT_BYTES / 4 / size.inner);
  return { ...size, outer: Math.max(1, Math.min(outer, most)) };
}

/** Time to submit nothing and wait for it: Firefox checks at intervals. */
async function medianWait({ device: { device }, now }: TuneParts): Promise<number> {
  const waits: number[] = [];
  for (let i = 0; i < 3; i++) {
    const started = now();
    device.queue.submit([device.createCommandEncoder().finish()]);
    await workDone(device);
    waits.push(now() - started);
  }
  return waits.sort((a, b) => a - b)[1]!;
}

/** Resolution of the clock, in milliseconds; at most 1. */
function tickOf(now: () => number): number {
  let least = 1;
  for (let i = 0; i < 3; i++) {
    const started = now();
    let next = started;
    while (next === started) next = now();
    least = Math.min(least, next - started);
  }
  return least;
}

/** Times that a repetition is compared with. */
interface Span {
  /** Time of waiting alone, without a kernel. */
  readonly waitMs: number;
  readonly leastMs: number;
}

/** The fastest kernel on a product, or null if none could be timed before time ran out. */
async function fastestOf(
  { device, now }: TuneParts,
  kernels: readonly LinearKernel[],
  size: ProductSize,
  { waitMs, leastMs }: Span,
  isOver: () => boolean,
): Promise<Fastest | null> {
  const memory = new Memory(device.device);
  try {
    const buffers = productBuffers(memory, size);
    let best: { readonly card: LinearCard; readonly ms: number } | null = null;
    for (const kernel of kernels) {
      if (isOver()) break;
      const bench = linearBench(device, memory, kernel, size, buffers);
      const run = async (times: number) => {
        const started = now();
        bench.run(times);
        await workDone(device.device);
        return Math.max(0, now() - started - waitMs) / times;
      };
      await run(1); // drivers finish compiling at the first use
      const once = await run(1);
      let times = Math.max(1, Math.ceil(leastMs / Math.max(once, leastMs / 64)));
      let ms = await run(times);
      while (ms * times < leastMs / 2 && times < MOST_PRODUCTS && !isOver()) {
        times = Math.min(4 * times, MOST_PRODUCTS);
        ms = await run(times);
      }
      for (let i = 1; i < REPEATS && !(best && ms > HOPELESS * best.ms); i++) {
        ms = Math.min(ms, await run(times));
      }
      // A repetition of zero length by this clock was not measured.
      if (ms > 0 && (!best || ms < best.ms)) best = { card: kernel.card, ms };
    }
    if (!best) return null;
    const { card, ms } = best;
    return { card, gflops: (4 * size.rows * size.inner * size.outer) / ms / 1e6 };
  } finally {
    memory.destroy();
  }
}
