import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import * as z from "zod/mini";
import { createApp } from "#state/app.ts";
import { keepInBrowser } from "#state/preferences.ts";
import { mendLanguage } from "#state/text/locale.ts";
import { Page } from "#ui/Page.tsx";
import { saveFile } from "#ui/saveFile.ts";
import { trustOwnScripts } from "./page/trustedScripts.ts";

// zod would otherwise try `new Function` once, which the page's content policy forbids and reports.
z.config({ jitless: true });
mendLanguage(navigator);
trustOwnScripts();

const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
const app = createApp({ port: worker, preferences: keepInBrowser(), clock: window, saveFile });

// Started before the first rendering, so that the page opens at its address.
const begun = app.actions.begin(location.hash);

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no element with the id “root”.");
createRoot(root).render(
  <StrictMode>
    <Page app={app} />
  </StrictMode>,
);
await begun;
