import type { Catalogue } from "#session/reports.ts";
import { commonDescriptions, methods } from "#zo/methods/index.ts";

/** The engine's own methods and settings, with demo settings for tests and previews. */
export const fakeCatalogue: Catalogue = {
  methods: methods.map(({ description }) => description),
  commonSettings: commonDescriptions,
  demo: {
    settings: {
      method: "mezo",
      learningRate: 1e-4,
      epsilon: 1e-3,
      steps: 400,
      batchSize: 16,
      evalEvery: 50,
      seed: 0,
      noise: "binomial",
      dtype: "f32",
    },
  },
};
