import { linearTwin } from "./linear.ts";

export const twin = linearTwin("linear_quad_tall", { tile: [16, 64] });
