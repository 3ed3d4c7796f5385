import { toFailure } from "#base/errors.ts";
import { openDevice } from "#gpu/device.ts";
import { defaultChoice } from "#model/linearChoice.ts";
import { shaders } from "../../entry/page/shaders.ts";
import { pageBenches } from "../pageBenches.ts";

/** Hidden size, layers, vocabulary: processors that emulate a GPU are slow. */
const size = ["128", "2", "1024"];

/** The benches that the address names, as in `?bench=memory`; all of them if it names none. */
const wanted = new URLSearchParams(location.search).getAll("bench");

/** The benches of the command line that need nothing of Node, on this browser's GPU. */
async function run(say: (state: string) => void, print: (line: string) => void): Promise<string> {
  if (!navigator.gpu) throw new Error("This browser has no WebGPU.");
  const device = await openDevice(navigator.gpu);
  const place = { device, sources: shaders, linear: defaultChoice(device.info), print };
  const results: Record<string, unknown> = {};
  for (const [name, bench] of Object.entries(pageBenches)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    say(`Running: ${name}`);
    results[name] = await bench(place, size);
    print("");
  }
  const { vendor, architecture, description } = device.info;
  const adapter = [vendor, architecture, description].filter(Boolean).join(" ");
  const about = { adapter, browser: navigator.userAgent, date: new Date().toISOString() };
  return JSON.stringify({ ...about, results }, null, 2);
}

const byId = (id: string) => document.getElementById(id);
const button = byId("run");
const state = byId("state");
const tables = byId("tables");
const save = byId("save");

function linkTo(json: string): HTMLAnchorElement {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([json], { type: "application/json" }));
  link.download = "bench.json";
  link.textContent = "Save as JSON";
  return link;
}

async function start(): Promise<void> {
  if (!(button instanceof HTMLButtonElement) || !state || !tables) return;
  button.disabled = true;
  const say = (text: string) => {
    state.textContent = text;
  };
  try {
    const json = await run(say, (line) => {
      tables.textContent += `${line}\n`;
    });
    save?.replaceChildren(linkTo(json));
    Object.assign(window, { benchJson: json });
    say("Done.");
  } catch (error) {
    say(`Failed: ${toFailure(error).message}`);
  }
  button.disabled = false;
}

button?.addEventListener("click", () => void start());
