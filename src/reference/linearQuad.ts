import { linearTwin } from "./linear.ts";

export const twin = linearTwin("linear_quad", { tile: [8, 64] });
