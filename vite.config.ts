import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";
import { policyElement } from "./src/tools/contentPolicy.mjs";

/** Built pages bring their content policy along; in development Vite's own scripts stand in them. */
const ownPolicy: Plugin = {
  name: "own-policy",
  apply: "build",
  transformIndexHtml: () => [
    { ...policyElement(process.env["ZEROTH_HUB"]), injectTo: "head-prepend" },
  ],
};

export default defineConfig({
  base: "./",
  plugins: [react(), ownPolicy],
  worker: { format: "es" },
  build: {
    target: "es2023",
    sourcemap: true,
    rolldownOptions: { input: ["index.html", "src/bench/page/bench.html"] },
  },
});
