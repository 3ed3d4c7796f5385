/**
 * Allowed imports between the folders of src. `npm run check` enforces this table (src/tools/importRules.cjs).
 * Tests, entry, bench and tools may import anything; nothing imports those.
 */
export const importTable = {
  base: [],
  zo: ["base"],
  gpu: ["base"],
  data: ["base"],
  model: ["base", "zo", "gpu", "data"],
  reference: ["base", "zo", "gpu", "data", "model"],
  run: ["base", "zo", "gpu", "data", "model"],
  session: ["base", "zo", "gpu", "data", "model", "run"],
  storage: ["base", "run"],
  hub: ["base", "data"],
  state: ["base", "zo", "data", "run", "session"],
  ui: ["base", "zo", "data", "run", "session", "state"],
};
