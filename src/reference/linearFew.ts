import { linearTwin } from "./linear.ts";

export const twin = linearTwin("linear_few", { tile: [4, 4], innerMultiple: 4 });
