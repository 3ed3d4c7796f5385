// @ts-check
// dependency-cruiser's configuration, made from the table in src/rooms.mjs. It reads the resolved
// graph, so aliases, relative paths, type-only and dynamic imports are all caught.

// The engine runs in a Web Worker and in Node alike: no page, no file system, no store.
const engine = "base|zo|gpu|data|model|reference|run|session";
const pagePackages = "react|react-dom|@base-ui|lucide-react|uplot|zustand|tinykeys";
// Tests and what only they use may import anything.
const notTests = "\\.test\\.tsx?$|/testing/";

/** @param {Record<string, string[]>} rooms */
function rules(rooms) {
  return [
    ...Object.entries(rooms).map(([room, may]) => ({
      name: `${room} imports only: ${may.join(", ") || "nothing"}`,
      from: { path: `^src/${room}/`, pathNot: notTests },
      to: { path: "^(src|e2e)/", pathNot: `^src/(${[room, ...may].join("|")})/` },
    })),
    {
      name: "ui imports only types of the engine",
      from: { path: "^src/ui/", pathNot: notTests },
      to: { path: `^src/(${engine.replace("base|", "")})/`, dependencyTypesNot: ["type-only"] },
    },
    {
      name: "state imports only types of zo and data",
      from: { path: "^src/state/", pathNot: notTests },
      to: { path: "^src/(zo|data)/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "only tests import what is for testing",
      from: { path: "^src/", pathNot: notTests },
      to: { path: "/testing/|\\.test\\.tsx?$" },
    },
    {
      name: "the engine imports no package of the page",
      from: { path: `^src/(${engine})/`, pathNot: notTests },
      to: { path: `node_modules/(${pagePackages})/` },
    },
    {
      name: "the engine imports nothing of Node",
      from: { path: `^src/(${engine})/`, pathNot: notTests },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "the engine is given its GPU, it does not import Dawn",
      from: { path: `^src/(${engine})/`, pathNot: notTests },
      to: { path: "node_modules/webgpu/" },
    },
    {
      name: "only storage and state import idb-keyval",
      from: { path: "^src/", pathNot: `^src/(storage|state)/|${notTests}` },
      to: { path: "node_modules/idb-keyval/" },
    },
    { name: "no cycles", from: {}, to: { circular: true } },
    // What cannot be resolved cannot be judged.
    { name: "every import resolves", from: {}, to: { couldNotResolve: true } },
  ];
}

module.exports = (async () => {
  const { rooms } = await import("../rooms.mjs");
  return {
    forbidden: rules(rooms).map((rule) => ({ ...rule, severity: "error" })),
    options: {
      tsPreCompilationDeps: true,
      tsConfig: { fileName: "tsconfig.json" },
      doNotFollow: { path: "node_modules" },
      enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "types"] },
    },
  };
})();
