import { linearTwin } from "./linear.ts";

export const twin = linearTwin("linear_shared", { tile: [64, 64] });
