import { linearTwin } from "./linear.ts";

export const twin = linearTwin("linear_quad_packed", {
  tile: [8, 64],
  innerMultiple: 2,
  weights: "f16",
});
