import { createStore, get, set } from "idb-keyval";
import * as z from "zod/mini";
import { savedTasksSchema } from "./setup/savedTasks.ts";

const schema = z.object({
  theme: z.enum(["system", "light", "dark"]),
  smoothing: z.number().check(z.minimum(0), z.maximum(0.999)),
  axis: z.enum(["step", "seconds", "forwardPasses", "tokens"]),
  isLog: z.boolean(),
  /** Single-key shortcuts, which some ways of typing set off by accident (WCAG 2.1.4). */
  hasShortcuts: z.boolean(),
  lastRunId: z.nullable(z.string()),
  /** Where models and data sets are looked up. */
  hubEndpoint: z.string(),
  /** Models whose licence was agreed to. */
  agreedRepos: z.array(z.string()),
  /** Tasks of one's own, by name. */
  tasks: savedTasksSchema,
});

export type Preferences = Readonly<z.infer<typeof schema>>;

/** 0.9: zeroth-order losses jump about far more than those of gradient descent. */
export const DEFAULT_PREFERENCES: Preferences = {
  theme: "system",
  smoothing: 0.9,
  axis: "step",
  isLog: false,
  hasShortcuts: true,
  lastRunId: null,
  hubEndpoint: "https://huggingface.co",
  agreedRepos: [],
  tasks: [],
};

export interface PreferenceKeeper {
  load(): Promise<Preferences>;
  save(preferences: Preferences): Promise<void>;
}

const KEY = "preferences";

/** Preferences kept in a database of their own, apart from the runs. A refusal costs only comfort. */
export function keepInBrowser(): PreferenceKeeper {
  const place = createStore("zeroth-page", "small");
  return {
    async load() {
      const kept: unknown = await get(KEY, place).catch(() => undefined);
      return parsePreferences(kept);
    },
    async save(preferences) {
      await set(KEY, preferences, place).catch(() => undefined);
    },
  };
}

/** What was kept where it still makes sense, each for itself; the defaults otherwise. */
export function parsePreferences(kept: unknown): Preferences {
  if (typeof kept !== "object" || kept === null) return DEFAULT_PREFERENCES;
  const sound = Object.entries(kept).filter(
    ([key, value]) => schema.safeParse({ ...DEFAULT_PREFERENCES, [key]: value }).success,
  );
  const parsed = schema.safeParse({ ...DEFAULT_PREFERENCES, ...Object.fromEntries(sound) });
  return parsed.success ? parsed.data : DEFAULT_PREFERENCES;
}
