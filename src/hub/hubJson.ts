import { ZerothError } from "#base/errors.ts";
import { readAs, type z } from "#base/schema.ts";
import { type Answer, type Hub, type RequestOptions, request } from "./request.ts";

/** A listing has a few hundred bytes per file; larger answers are refused. */
const MAX_BYTES = 8_000_000;

/**
 * The hub's answer to a request, checked against a schema.
 *
 * @throws as `request`; ZerothError E-NET-5 if the answer does not fit the schema
 */
export async function askHub<T>(
  hub: Hub,
  path: string,
  schema: z.ZodType<T>,
  options: RequestOptions,
): Promise<T> {
  const answer = await request(hub, hub.endpoint + path, options);
  const text = await readLimited(answer, options.what);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw strange(hub, options.what, "its answer is not JSON");
  }
  return readAs(schema, value, (flaw) => strange(hub, options.what, flaw));
}

/** An answer as text. @throws ZerothError E-NET-5 if it is longer than 8 MB */
export async function readLimited({ pieces }: Answer, what: string): Promise<string> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const chunk of pieces) {
    size += chunk.length;
    if (size > MAX_BYTES) {
      throw new ZerothError(
        "E-NET-5",
        `The hub's answer about ${what} is longer than ${MAX_BYTES} bytes, so it was not read. Check the ` +
          `hub's address and the name; nothing was loaded.`,
      );
    }
    chunks.push(chunk);
  }
  return new TextDecoder().decode(await new Blob(chunks).arrayBuffer());
}

function strange(hub: Hub, what: string, flaw: string): ZerothError {
  return new ZerothError(
    "E-NET-5",
    `${hub.endpoint} did not answer about ${what} as a hub does (${flaw}). Check the hub's address; ` +
      `nothing was loaded.`,
  );
}
