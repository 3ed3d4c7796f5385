import { linearTwin } from "./linear.ts";

export const twin = linearTwin("linear_shared_f16", {
  tile: [64, 64],
  innerMultiple: 4,
  weights: "f16",
});
