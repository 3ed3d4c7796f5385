// @ts-check

/**
 * Why a version of Node cannot run this project, as a sentence; null where it can.
 *
 * @param {string} version  such as "22.12.0"
 * @param {string} range  package.json's `engines.node`: "^a.b.c" or ">=a.b.c", alternatives by "||"
 * @returns {string | null}
 */
export function nodeRefusal(version, range) {
  const alternatives = range.split("||").map((text) => text.trim());
  if (alternatives.some((alternative) => isWithin(version, alternative))) return null;
  return (
    `This is Node ${version}; Zeroth needs ${alternatives.map(inWords).join(", or ")}. ` +
    "Nothing was installed or started: get a newer one from https://nodejs.org and run this again."
  );
}

/**
 * @param {string} version
 * @param {string} alternative
 */
function isWithin(version, alternative) {
  const found = numbersIn(version);
  const least = numbersIn(alternative);
  if (alternative.startsWith("^") && found[0] !== least[0]) return false;
  const differing = found.findIndex((number, i) => number !== least[i]);
  return differing < 0 || Number(found[differing]) > Number(least[differing]);
}

/** @param {string} alternative */
function inWords(alternative) {
  const [major] = numbersIn(alternative);
  const version = alternative.replace(/^\D+/, "");
  return alternative.startsWith("^") ? `${version} or a later ${major}` : `${version} or newer`;
}

/** @param {string} text */
function numbersIn(text) {
  return (text.match(/\d+/g) ?? []).slice(0, 3).map(Number);
}
