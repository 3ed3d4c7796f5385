import { linearTwin } from "./linear.ts";

export const twin = linearTwin("linear_shared_wide", { tile: [128, 128], innerMultiple: 4 });
