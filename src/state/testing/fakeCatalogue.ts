import type { Catalogue, SettingDescription } from "../engineTypes.ts";

const number = (part: Partial<SettingDescription> & Pick<SettingDescription, "key" | "label">) =>
  ({
    flag: part.key,
    type: "number",
    default: 0,
    help: "",
    source: "MeZO paper, table 15",
    ...part,
  }) satisfies SettingDescription;

const learningRate = number({
  key: "learningRate",
  label: "Learning rate",
  default: 1e-6,
  min: 0,
  max: 1,
  help: "How far a step goes. Ten times too large diverges, ten times too small learns nothing.",
});

const epsilon = number({
  key: "epsilon",
  label: "Perturbation ε",
  default: 1e-3,
  min: 1e-8,
  max: 1,
  help: "How far the weights are nudged to feel the slope.",
});

/** Methods and settings as an engine might have them: for tests and previews only. */
export const fakeCatalogue: Catalogue = {
  methods: [
    {
      id: "mezo",
      name: "MeZO",
      summary:
        "Nudges all weights along one random direction, forwards and backwards, and steps by the difference of the two losses.",
      forwardPasses: "2",
      extraMemory: "none",
      paper: {
        title: "Fine-Tuning Language Models with Just Forward Passes",
        url: "https://arxiv.org/abs/2305.17333",
      },
      settings: [learningRate, epsilon],
    },
    {
      id: "lezo",
      name: "LeZO",
      summary:
        "MeZO on a few blocks at a time, drawn anew each step; the others are not even touched.",
      forwardPasses: "2 per direction",
      extraMemory: "none",
      paper: {
        title: "Simultaneous Computation and Memory Efficient Zeroth-Order Optimizer",
        url: "https://arxiv.org/abs/2410.09823",
      },
      settings: [
        learningRate,
        epsilon,
        number({
          key: "lezoSparsity",
          label: "Blocks left out",
          default: 0.5,
          min: 0,
          max: 1,
          help: "Share of the blocks left out of each step.",
        }),
      ],
    },
    {
      id: "sparse_mezo",
      name: "Sparse-MeZO",
      summary: "MeZO on the small weights of every matrix only; the large ones stay as they are.",
      forwardPasses: "2 per direction",
      extraMemory: "none",
      paper: {
        title: "Sparse MeZO: Less Parameters for Better Performance",
        url: "https://arxiv.org/abs/2402.15751",
      },
      settings: [
        learningRate,
        epsilon,
        number({
          key: "sparsity",
          label: "Sparsity",
          default: 0.75,
          min: 0,
          max: 0.999,
          help: "Share of each matrix that is left out because its weights are large.",
        }),
      ],
    },
    {
      id: "mezo_svrg",
      name: "MeZO-SVRG",
      summary:
        "Every few steps the slope over all rows is taken as an anchor; the steps between correct it with a batch.",
      forwardPasses: "4, and 2 over all rows at each anchor",
      extraMemory: "none, or a copy of the weights",
      paper: {
        title: "Variance-reduced Zeroth-Order Methods for Fine-Tuning Language Models",
        url: "https://arxiv.org/abs/2404.08080",
      },
      settings: [
        learningRate,
        epsilon,
        number({
          key: "anchorLearningRate",
          label: "Learning rate at anchors",
          default: 1e-5,
          min: 0,
          max: 1,
          help: "Size of the step along the slope over all rows.",
        }),
        number({
          key: "svrgQ",
          label: "Anchor every",
          type: "integer",
          default: 8,
          min: 1,
          max: 16,
          help: "Steps from one anchor to the next.",
        }),
      ],
    },
  ],
  commonSettings: [
    number({
      key: "steps",
      label: "Steps",
      type: "integer",
      default: 1000,
      min: 1,
      max: 1_000_000,
      help: "Each step is two forward passes over one batch.",
      source: "a first try; the paper takes 20,000",
    }),
    number({
      key: "batchSize",
      label: "Batch size",
      type: "integer",
      default: 16,
      min: 1,
      max: 1024,
      help: "Rows a step looks at.",
    }),
    number({
      key: "evalEvery",
      label: "Evaluate every",
      type: "integer",
      default: 100,
      min: 0,
      max: 100_000,
      help: "Steps between two looks at the held-out rows; 0 only at the end.",
      source: "a tenth of the steps",
    }),
    number({
      key: "seed",
      label: "Seed",
      type: "integer",
      default: 0,
      min: 0,
      max: 4_294_967_295,
      help: "The same seed makes the same run.",
      source: "MeZO's code",
    }),
    {
      ...number({
        key: "noise",
        label: "Noise",
        help: "The distribution of the random direction.",
      }),
      type: "choice",
      default: "binomial",
      choices: [
        { value: "binomial", label: "Binomial (same on every GPU)" },
        { value: "gaussian", label: "Gaussian (the paper's)" },
      ],
      advanced: true,
      source: "chosen so that runs repeat exactly",
    },
    {
      ...number({
        key: "dtype",
        label: "Weights stored as",
        help: "f16 takes half the memory and half the disk. Every update is then rounded up or down at random, so that on average none is lost, and the steps are a little noisier. All else is computed in f32 either way.",
      }),
      type: "choice",
      default: "f32",
      choices: [
        { value: "f32", label: "f32, 4 bytes each" },
        { value: "f16", label: "f16, 2 bytes each" },
      ],
      advanced: true,
      source: "f32 loses nothing; MeZO's program can load f16",
    },
    {
      ...number({ key: "linear", label: "Decay the learning rate", help: "Down to 0 at the end." }),
      type: "boolean",
      default: false,
      advanced: true,
    },
  ],
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
      linear: false,
    },
  },
};
