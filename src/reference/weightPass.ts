import { constants, type PassState } from "#gpu/kernels.gen.ts";
import { chunkWords } from "./chunks.ts";
import { applyTerms, deltaBound, isProbed, perturbed } from "./delta.ts";
import { stored, weightsOf } from "./theta.ts";
import { field, floats, param, type Twin, words } from "./twin.ts";
import { passCases, wholePassCases } from "./weightPassCases.ts";

const { WRITE_ALWAYS, WRITE_NEVER, WRITE_PROBED } = constants;

/** theta <- theta + pending terms; W+ and W- <- theta + offsets ± epsilon · mask · z. */
const weightPass: Twin = {
  card: "weight_pass",
  cases: passCases,
  run(testCase) {
    const chunks = words(testCase, "chunks");
    const theta = weightsOf(testCase);
    const probe = floats(testCase, "probe").slice();
    const minus = probe.subarray(param(testCase, "stride"));
    const state = (key: keyof PassState) => field(testCase, "state", key);
    const updates = state("update_count");
    const writes = param(testCase, "writes_probe");
    const [x, y] = testCase.workgroups;
    for (let c = 0; c < x * y; c++) {
      const at = (param(testCase, "first_chunk") + c) * chunkWords;
      const [tensor, first, count, thetaOffset, outOffset, block, decays] = chunks.subarray(at);
      for (let i = 0; i < count!; i++) {
        const id = {
          tensor: tensor!,
          element: first! + i,
          block: block!,
          decays: decays === 1,
        };
        const w = applyTerms(testCase, theta[thetaOffset! + i]!, id, 0, updates, true);
        theta[thetaOffset! + i] = w;
        const isPerturbed = isProbed(testCase, id);
        if (writes === WRITE_NEVER || (!isPerturbed && writes === WRITE_PROBED)) continue;
        const [wPlus, wMinus] = perturbed(testCase, w, id);
        probe[outOffset! + i] = wPlus;
        if (isPerturbed || writes === WRITE_ALWAYS) minus[outOffset! + i] = wMinus;
      }
    }
    return { theta: stored(testCase, theta), probe };
  },
  bound: deltaBound,
};

export const twins: readonly Twin[] = [
  weightPass,
  // The same for chunks whose groups of eight are whole and aligned.
  { ...weightPass, card: "weight_pass_whole", cases: wholePassCases },
];
