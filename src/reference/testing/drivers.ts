import { z } from "#base/schema.ts";

/** Environment variables that make Dawn use a Vulkan driver. A process can choose one only when it starts. */
const Drivers = z.array(z.object({ name: z.string(), env: z.record(z.string(), z.string()) }));
export type Driver = z.infer<typeof Drivers>[number];

/** Every driver of this machine, the preferred one first, as vitest.config.ts found them. */
export const drivers: readonly Driver[] = Drivers.parse(
  JSON.parse(process.env["ZEROTH_DRIVERS"] ?? "[]"),
);

/** Whether this process runs on the preferred driver. The others, slower as a rule, test less. */
export const isPreferredDriver = process.env["ZEROTH_DRIVER"] === drivers[0]?.name;
