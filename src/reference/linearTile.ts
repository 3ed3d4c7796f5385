import { linearTwin } from "./linear.ts";

export const twin = linearTwin("linear_tile", { tile: [32, 32], innerMultiple: 4 });
