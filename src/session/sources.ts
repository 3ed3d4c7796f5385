// Where models and rows come from, as the page hands them over.

export type ModelSource =
  | { readonly kind: "demo" }
  /** A model that was downloaded, by its folder in the library. */
  | { readonly kind: "cached"; readonly folder: string }
  | { readonly kind: "files"; readonly files: readonly NamedFile[] };

/** A file with its path inside the folder it was picked from. */
export interface NamedFile {
  readonly path: string;
  readonly file: File;
}

export type DataSource =
  | { readonly kind: "demo"; readonly split: "train" | "dev" }
  | { readonly kind: "file"; readonly file: File }
  /** A split of a data set that was downloaded. */
  | { readonly kind: "cached"; readonly folder: string; readonly split: string }
  | { readonly kind: "text"; readonly name: string; readonly text: string };
