import type { Twin } from "./twin.ts";
import { twin as ragged } from "./weightPass.ts";
import { wholePassCases } from "./weightPassCases.ts";

/** As `weight_pass`, on chunks whose groups of eight lie whole and straight. */
export const twin: Twin = { ...ragged, card: "weight_pass_whole", cases: wholePassCases };
