import { rm } from "node:fs/promises";
import { expect, type Page } from "@playwright/test";
import { asTrojan, type Change, changedModel, withTensors } from "./testing/checkpoints.ts";
import { test } from "./testing/pageTest.ts";
import { button, choose, fact, fixture } from "./testing/visit.ts";

interface BrokenModel {
  readonly what: string;
  readonly changes: Readonly<Record<string, Change>>;
  readonly code: string;
  /** In the sentence the page says. */
  readonly says: RegExp;
}

const aTensor = "model.decoder.layers.0.fc1.weight";
const text = (content: string) => () => Buffer.from(content);

const brokenModels: readonly BrokenModel[] = [
  {
    what: "a Git-LFS pointer in place of the weights",
    changes: {
      "model.safetensors": text(
        `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 617744\n`,
      ),
    },
    code: "E-FILE-1",
    says: /model\.safetensors" is not .*Git-LFS pointer to the real file/,
  },
  {
    what: "a web page saved under the weights' name",
    changes: { "model.safetensors": text("<!DOCTYPE html><title>Sign in</title>") },
    code: "E-FILE-1",
    says: /it is a web page of 37 bytes/,
  },
  {
    what: "weights cut short",
    changes: { "model.safetensors": (bytes) => bytes.subarray(0, 500_000) },
    code: "E-FILE-2",
    says: /500,000/,
  },
  {
    what: "a header that is no JSON",
    changes: {
      "model.safetensors": (bytes) => {
        const broken = Buffer.from(bytes);
        broken.write("!!", 9);
        return broken;
      },
    },
    code: "E-FILE-3",
    says: /header/,
  },
  {
    what: "tensors that overlap",
    changes: {
      "model.safetensors": withTensors((tensors) => {
        const { data_offsets: offsets } = tensors[aTensor]!;
        for (const entry of Object.values(tensors)) {
          const [begin, end] = entry.data_offsets;
          if (begin === offsets[1]) entry.data_offsets = [begin - 4, end - 4];
        }
      }),
    },
    code: "E-FILE-3",
    says: /model\.decoder\./,
  },
  {
    what: "another architecture",
    changes: { "config.json": text('{"model_type":"llama","hidden_size":64}') },
    code: "E-FILE-4",
    says: /"llama" model.*Only OPT works here/,
  },
  {
    what: "missing and additional tensors",
    changes: {
      "model.safetensors": withTensors((tensors) => {
        tensors["model.decoder.extra.weight"] = tensors[aTensor]!;
        delete tensors[aTensor];
      }),
    },
    code: "E-FILE-5",
    says: /model\.decoder\.(extra|layers\.0\.fc1)\.weight/,
  },
  {
    what: "a tensor of another shape",
    changes: {
      "model.safetensors": withTensors((tensors) => {
        tensors[aTensor]!.shape.reverse();
      }),
    },
    code: "E-FILE-5",
    says: /layers\.0\.fc1\.weight.*64.*256/,
  },
  {
    what: "no tokenizer",
    changes: { "merges.txt": () => null },
    code: "E-FILE-7",
    says: /no tokenizer beside the weights/,
  },
  {
    what: "a pickle that calls os.system",
    changes: { "pytorch_model.bin": asTrojan },
    code: "E-FILE-6",
    says: /os\.system/,
  },
  {
    what: "a weight that is not a number",
    changes: {
      "model.safetensors": withTensors((tensors, data) => {
        data.writeFloatLE(Number.NaN, tensors[aTensor]!.data_offsets[0]);
      }),
    },
    code: "E-FILE-3",
    says: /layers\.0\.fc1\.weight.*not finite/,
  },
];

test("a model that is no good is refused in a sentence, and the next one opens", async ({
  page,
}) => {
  await page.goto("/#setup");
  for (const { what, changes, code, says } of brokenModels) {
    await test.step(what, async () => {
      const folder = await changedModel(changes);
      await open(page, folder);
      const refusal = page.getByRole("alert").filter({ hasText: "The model was not opened" });
      await expect(refusal).toContainText(says);
      await expect(refusal).toContainText(code);
      await rm(folder, { recursive: true });
    });
  }
  await open(page, fixture("opt-tiny-pre-ln"));
  await expect(fact(page, "Vocabulary")).toHaveText("704");
  await expect(page.getByRole("alert")).toHaveCount(0);
});

/** Opens a folder and waits until the page has taken or refused it. */
async function open(page: Page, folder: string): Promise<void> {
  await choose(page, "Choose a folder", folder);
  await expect(button(page, "Choose a folder")).toBeVisible();
}
