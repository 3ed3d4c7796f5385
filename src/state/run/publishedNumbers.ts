/** Where a number was printed, and on how many examples it was measured where that is known. */
export interface Publication {
  readonly title: string;
  readonly url: string;
  readonly where: string;
}

export interface PublishedRow {
  /** The model it is for. */
  readonly model: string;
  readonly method: string;
  readonly source: keyof typeof publications;
  /** Percent: accuracy, F1 of SQuAD and DROP; by the task's name. */
  readonly values: Readonly<Record<string, number>>;
}

const mezo = {
  title: "Fine-Tuning Language Models with Just Forward Passes",
  url: "https://arxiv.org/abs/2305.17333",
};

export const publications = {
  mezo1: { ...mezo, where: "MeZO paper, table 1" },
  mezo20: { ...mezo, where: "MeZO paper, table 20" },
  lozo2: {
    title: "Enhancing Zeroth-order Fine-tuning for Language Models with Low-rank Structures",
    url: "https://arxiv.org/abs/2410.07698",
    where: "LOZO paper, table 2",
  },
  decomfl: {
    title: "DeComFL's logs of zeroth-order SGD on SST-2",
    url: "https://github.com/ZidongLiu/DeComFL",
    where: "DeComFL repository, logs",
  },
  dizo: {
    title: "DiZO's log of MeZO on SST-2",
    url: "https://github.com/Skilteee/DiZO",
    where: "DiZO repository, log",
  },
} as const satisfies Readonly<Record<string, Publication>>;

/** Examples of each task's final test in MeZO's harness. @see MeZO, large_models/run.py */
export const testedExamples: Readonly<Record<string, number>> = {
  SST2: 872,
  RTE: 277,
  CB: 56,
  BoolQ: 1000,
  WSC: 104,
  WIC: 638,
  MultiRC: 1000,
  Copa: 100,
  ReCoRD: 1000,
  SQuAD: 1000,
  DROP: 1000,
};

/** Numbers as printed: facts, not measured here. */
export const publishedRows: readonly PublishedRow[] = [
  {
    model: "OPT-13B",
    method: "Zero-shot",
    source: "mezo1",
    values: {
      SST2: 58.8,
      RTE: 59.6,
      CB: 46.4,
      BoolQ: 59.0,
      WSC: 38.5,
      WIC: 55.0,
      MultiRC: 46.9,
      Copa: 80.0,
      ReCoRD: 81.2,
      SQuAD: 46.2,
      DROP: 14.6,
    },
  },
  {
    model: "OPT-13B",
    method: "In-context learning, 32 examples",
    source: "mezo1",
    values: {
      SST2: 87.0,
      RTE: 62.1,
      CB: 57.1,
      BoolQ: 66.9,
      WSC: 39.4,
      WIC: 50.5,
      MultiRC: 53.1,
      Copa: 87.0,
      ReCoRD: 82.5,
      SQuAD: 75.9,
      DROP: 29.6,
    },
  },
  {
    model: "OPT-13B",
    method: "Linear probing",
    source: "mezo1",
    values: {
      SST2: 93.4,
      RTE: 68.6,
      CB: 67.9,
      BoolQ: 59.3,
      WSC: 63.5,
      WIC: 60.2,
      MultiRC: 63.5,
      Copa: 55.0,
      ReCoRD: 27.1,
      SQuAD: 3.7,
      DROP: 11.1,
    },
  },
  {
    model: "OPT-13B",
    method: "MeZO",
    source: "mezo1",
    values: {
      SST2: 91.4,
      RTE: 66.1,
      CB: 67.9,
      BoolQ: 67.6,
      WSC: 63.5,
      WIC: 61.1,
      MultiRC: 60.1,
      Copa: 88.0,
      ReCoRD: 81.7,
      SQuAD: 84.7,
      DROP: 30.9,
    },
  },
  {
    model: "OPT-13B",
    method: "MeZO on LoRA",
    source: "mezo1",
    values: {
      SST2: 89.6,
      RTE: 67.9,
      CB: 66.1,
      BoolQ: 73.8,
      WSC: 64.4,
      WIC: 59.7,
      MultiRC: 61.5,
      Copa: 84.0,
      ReCoRD: 81.2,
      SQuAD: 83.8,
      DROP: 31.4,
    },
  },
  {
    model: "OPT-13B",
    method: "MeZO on a prefix",
    source: "mezo1",
    values: {
      SST2: 90.7,
      RTE: 70.8,
      CB: 69.6,
      BoolQ: 73.1,
      WSC: 60.6,
      WIC: 59.9,
      MultiRC: 63.7,
      Copa: 87.0,
      ReCoRD: 81.4,
      SQuAD: 84.2,
      DROP: 28.9,
    },
  },
  {
    model: "OPT-13B",
    method: "Fine-tuning with Adam",
    source: "mezo1",
    values: {
      SST2: 92.0,
      RTE: 70.8,
      CB: 83.9,
      BoolQ: 77.1,
      WSC: 63.5,
      WIC: 70.1,
      MultiRC: 71.1,
      Copa: 79.0,
      ReCoRD: 74.1,
      SQuAD: 84.9,
      DROP: 31.3,
    },
  },
  {
    model: "OPT-30B",
    method: "Zero-shot",
    source: "mezo20",
    values: { SST2: 56.7, RTE: 52.0, BoolQ: 39.1, WSC: 38.5, WIC: 50.2, SQuAD: 46.5 },
  },
  {
    model: "OPT-30B",
    method: "In-context learning, 32 examples",
    source: "mezo20",
    values: { SST2: 81.9, RTE: 66.8, BoolQ: 66.2, WSC: 56.7, WIC: 51.3, SQuAD: 78.0 },
  },
  {
    model: "OPT-30B",
    method: "MeZO",
    source: "mezo20",
    values: { SST2: 90.6, RTE: 66.4, BoolQ: 67.2, WSC: 63.5, WIC: 56.3, SQuAD: 85.2 },
  },
  {
    model: "OPT-30B",
    method: "MeZO on a prefix",
    source: "mezo20",
    values: { SST2: 87.5, RTE: 72.6, BoolQ: 73.5, WSC: 55.8, WIC: 59.1, SQuAD: 83.9 },
  },
  {
    model: "OPT-66B",
    method: "Zero-shot",
    source: "mezo20",
    values: { SST2: 57.5, RTE: 67.2, BoolQ: 66.8, WSC: 43.3, WIC: 50.6, SQuAD: 48.1 },
  },
  {
    model: "OPT-66B",
    method: "In-context learning, 32 examples",
    source: "mezo20",
    values: { SST2: 89.3, RTE: 65.3, BoolQ: 62.8, WSC: 52.9, WIC: 54.9, SQuAD: 81.3 },
  },
  {
    model: "OPT-66B",
    method: "MeZO",
    source: "mezo20",
    values: { SST2: 91.2, RTE: 65.7, BoolQ: 72.7, WSC: 63.5, WIC: 58.9 },
  },
  {
    model: "OPT-66B",
    method: "MeZO on a prefix",
    source: "mezo20",
    values: { SST2: 93.6, RTE: 66.4, BoolQ: 73.7, WSC: 57.7, WIC: 58.6, SQuAD: 85.0 },
  },
  {
    model: "OPT-13B",
    method: "MeZO, run again",
    source: "lozo2",
    values: {
      SST2: 91.3,
      RTE: 68.2,
      CB: 66.1,
      BoolQ: 68.1,
      WSC: 61.5,
      WIC: 59.4,
      MultiRC: 59.4,
      Copa: 88.0,
      ReCoRD: 81.3,
      SQuAD: 81.8,
      DROP: 31.3,
    },
  },
  {
    model: "OPT-13B",
    method: "LOZO",
    source: "lozo2",
    values: {
      SST2: 91.7,
      RTE: 70.4,
      CB: 69.6,
      BoolQ: 71.9,
      WSC: 63.5,
      WIC: 60.8,
      MultiRC: 63.0,
      Copa: 89.0,
      ReCoRD: 81.3,
      SQuAD: 84.9,
      DROP: 30.7,
    },
  },
  {
    model: "OPT-125m",
    method: "Zeroth-order, 5 directions a step, after 2,000 rounds",
    source: "decomfl",
    values: { SST2: 83.7 },
  },
  {
    model: "OPT-350m",
    method: "Zeroth-order, 5 directions a step, after 2,000 rounds",
    source: "decomfl",
    values: { SST2: 88.2 },
  },
  {
    model: "OPT-1.3B",
    method: "Zeroth-order, 5 directions a step, after 2,000 rounds",
    source: "decomfl",
    values: { SST2: 91.2 },
  },
  {
    model: "OPT-2.7B",
    method: "Zeroth-order, 5 directions a step, after 2,000 rounds",
    source: "decomfl",
    values: { SST2: 92.0 },
  },
  {
    model: "OPT-2.7B",
    method: "MeZO, 4,000 steps, 500 examples",
    source: "dizo",
    values: { SST2: 91.6 },
  },
];
