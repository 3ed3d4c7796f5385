import { chunkWords, NO_BLOCK } from "./chunks.ts";
import { applyTerms, deltaBound, isProbed, type Place, probed } from "./delta.ts";
import { stored, weightsOf } from "./theta.ts";
import { field, floats, param, type Twin, words } from "./twin.ts";
import { passCases, wholePassCases, writesProbe } from "./weightPassCases.ts";

/** theta <- theta + pending terms; W+ and W- <- theta + offsets ± epsilon · mask · z. */
const weightPass: Twin = {
  card: "weight_pass",
  cases: passCases,
  run(testCase) {
    const chunks = words(testCase, "chunks");
    const theta = weightsOf(testCase);
    const probe = floats(testCase, "probe").slice();
    const minus = probe.subarray(param(testCase, "stride"));
    const updates = field(testCase, "state", "update_count");
    const writes = param(testCase, "writes_probe");
    const [x, y] = testCase.workgroups;
    for (let c = 0; c < x * y; c++) {
      const at = (param(testCase, "first_chunk") + c) * chunkWords;
      const [tensor, first, count, thetaOffset, outOffset, block, decays] = chunks.subarray(at);
      for (let i = 0; i < count!; i++) {
        const place: Place = {
          tensor: tensor!,
          element: first! + i,
          block: block === NO_BLOCK ? null : block!,
          decays: decays === 1,
        };
        const w = applyTerms(testCase, theta[thetaOffset! + i]!, place, 0, updates, true);
        theta[thetaOffset! + i] = w;
        const isPerturbed = isProbed(testCase, place);
        if (writes === writesProbe.never || (!isPerturbed && writes === writesProbe.whereProbed))
          continue;
        const [ofPlus, ofMinus] = probed(testCase, w, place);
        probe[outOffset! + i] = ofPlus;
        if (isPerturbed || writes === writesProbe.always) minus[outOffset! + i] = ofMinus;
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
