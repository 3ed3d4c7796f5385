import { ZerothError } from "#base/errors.ts";
import { readAs, type z } from "#base/schema.ts";
import { type Answer, type Hub, type RequestOptions, request } from "./request.ts";

/** Larger answers are no answers to what is asked here: a listing has a few hundred bytes a file. */
const MAX_BYTES = 8_000_000;

/**
 * The answer to a question to the hub, in the shape expected.
 *
 * @throws as `request`; ZerothError E-NET-5 where the answer is not of that shape
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
    throw strange(hub, options.what, "its answer is no JSON");
  }
  return readAs(schema, value, (flaw) => strange(hub, options.what, flaw));
}

/** A small answer as text. @throws ZerothError E-NET-5 if it is not small */
export async function readLimited({ pieces }: Answer, what: string): Promise<string> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const chunk of pieces) {
    size += chunk.length;
    if (size > MAX_BYTES) {
      throw new ZerothError(
        "E-NET-5",
        `The answer about ${what} is longer than ${MAX_BYTES} bytes.`,
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
