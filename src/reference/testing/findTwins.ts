import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Twin } from "../twin.ts";

/** Every twin in `src/reference`: what the files there export as `twin` or `twins`. */
export async function findTwins(): Promise<Twin[]> {
  const folder = new URL("../", import.meta.url);
  const files = readdirSync(fileURLToPath(folder)).filter((file) => /^\w+\.ts$/.test(file));
  const modules: { twin?: Twin; twins?: readonly Twin[] }[] = await Promise.all(
    files.map((file) => import(new URL(file, folder).href)),
  );
  return modules.flatMap(({ twin, twins = [] }) => (twin ? [twin, ...twins] : twins));
}
