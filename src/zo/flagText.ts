import { ZerothError } from "#base/errors.ts";

/** A number written behind a flag. @throws ZerothError E-CFG-1 for anything else */
export function numberBehind(flag: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value)) return value;
  throw new ZerothError("E-CFG-1", `--${flag} is "${text}"; it should be a number.`);
}

/** What to say of a word behind a flag that is a matter of yes or no. */
export function notTrueOrFalse(flag: string, text: string): ZerothError {
  return new ZerothError("E-CFG-1", `--${flag} is "${text}"; it should be true or false.`);
}
