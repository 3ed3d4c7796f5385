// @ts-check
// dependency-cruiser's configuration, made from the table in src/folders.mjs. It reads the resolved
// graph, so aliases, relative paths, type-only and dynamic imports are all caught.

// The engine runs in a Web Worker and in Node alike: no DOM, no file system, no storage.
const engine = "base|zo|gpu|data|model|reference|run|session";
const pagePackages = "react|react-dom|@base-ui|lucide-react|uplot|zustand|tinykeys";
// Tests and what only they use may import anything.
const notTests = "\\.test\\.tsx?$|/testing/";

/** @param {Record<string, string[]>} table  folders that each folder may import */
function rules(table) {
  return [
    ...Object.entries(table).map(([folder, may]) => ({
      name: `${folder} imports only: ${may.join(", ") || "nothing"}`,
      from: { path: `^src/${folder}/`, pathNot: notTests },
      to: { path: "^(src|e2e)/", pathNot: `^src/(${[folder, ...may].join("|")})/` },
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
      name: "only tests import files for testing",
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
      name: "the engine receives its GPU and does not import Dawn",
      from: { path: `^src/(${engine})/`, pathNot: notTests },
      to: { path: "node_modules/webgpu/" },
    },
    {
      name: "only storage and state import idb-keyval",
      from: { path: "^src/", pathNot: `^src/(storage|state)/|${notTests}` },
      to: { path: "node_modules/idb-keyval/" },
    },
    { name: "no cycles", from: {}, to: { circular: true } },
    // The rules cannot check an import that does not resolve.
    { name: "every import resolves", from: {}, to: { couldNotResolve: true } },
  ];
}

module.exports = (async () => {
  const { importTable } = await import("../folders.mjs");
  return {
    forbidden: rules(importTable).map((rule) => ({ ...rule, severity: "error" })),
    options: {
      tsPreCompilationDeps: true,
      tsConfig: { fileName: "tsconfig.json" },
      doNotFollow: { path: "node_modules" },
      enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "types"] },
    },
  };
})();
