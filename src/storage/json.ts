import { isStoredObject, type StoredObject } from "#run/store/store.ts";

/** JSON that also keeps the three numbers JSON has no word for, since a loss may become one. */
export function toJson(value: StoredObject): string {
  return JSON.stringify(value, (_, field: unknown) =>
    typeof field === "number" && !Number.isFinite(field) ? { $number: String(field) } : field,
  );
}

/** The object in the text, or undefined if it does not hold one. */
export function fromJson(text: string): StoredObject | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text, (_, field: unknown) => numberIn(field) ?? field);
  } catch {
    return undefined;
  }
  return isStoredObject(value) ? value : undefined;
}

function numberIn(field: unknown): number | undefined {
  if (!isStoredObject(field)) return undefined;
  const { $number } = field;
  return typeof $number === "string" ? Number($number) : undefined;
}
