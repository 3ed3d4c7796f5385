import type { SettingValues } from "#zo/settings.ts";

/** The four methods, the last one with either kind of snapshot, as every bench names them. */
export const methodCases: readonly { readonly name: string; readonly settings: SettingValues }[] = [
  { name: "MeZO", settings: { method: "mezo" } },
  { name: "Sparse-MeZO 0.75", settings: { method: "sparse_mezo", sparsity: 0.75 } },
  { name: "LeZO 0.5", settings: { method: "lezo", lezoSparsity: 0.5 } },
  {
    name: "MeZO-SVRG, deltas",
    settings: { method: "mezo_svrg", svrgQ: 16, snapshot: "deltas" },
  },
  { name: "MeZO-SVRG, copy", settings: { method: "mezo_svrg", svrgQ: 16, snapshot: "copy" } },
];
