import { linearTwin } from "./linear.ts";

export const twin = linearTwin("linear_quad_tall_packed", {
  tile: [16, 64],
  innerMultiple: 2,
  weights: "f16",
});
