import { ZerothError } from "#base/errors.ts";
import { z } from "#base/schema.ts";
import { blobSource } from "#data/formats/byteSource.ts";
import type { DemoAssets, DemoDescription } from "#session/environment.ts";

const description = z.object({
  name: z.string(),
  files: z.array(z.string()),
  train: z.string(),
  dev: z.string(),
  template: z.string(),
  labels: z.array(z.string()),
  words: z.array(z.string()),
  settings: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  sentences: z.array(z.string()),
});

/** The bundled demo, served beside the page. */
export function demoAssets(folder: URL): DemoAssets {
  const load = async (name: string) => {
    const response = await fetch(new URL(name, folder)).catch(() => null);
    if (response?.ok) return response;
    throw new ZerothError(
      "E-NET-1",
      `The bundled demo's ${name} could not be loaded. Check the connection and reload the page.`,
    );
  };
  let described: Promise<DemoDescription> | undefined;
  return {
    describe: () => {
      described ??= load("demo.json").then(async (response) =>
        description.parse(await response.json()),
      );
      return described;
    },
    files: (names) =>
      Promise.all(names.map(async (name) => blobSource(name, await (await load(name)).blob()))),
    text: async (name) => (await load(name)).text(),
  };
}
