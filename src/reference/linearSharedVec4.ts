import { linearTwin } from "./linear.ts";

export const twin = linearTwin("linear_shared_vec4", { tile: [64, 64], innerMultiple: 4 });
