import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Chunk, constants } from "#gpu/kernels.gen.ts";
import { type OptConfig, parseConfig } from "./config.ts";
import { type ChunkRange, hasWholeGroups, type Layout, type Matrix, planLayout } from "./layout.ts";
import { publishedConfigs } from "./publishedConfigs.ts";

const { HEAD_BLOCK, NO_BLOCK } = constants;
const fields = Object.keys(Chunk) as (keyof Chunk)[];

function chunksOf({ chunks }: Layout, range: ChunkRange): Chunk[] {
  return Array.from({ length: range.count }, (_, i) => {
    const at = (range.first + i) * fields.length;
    return Object.fromEntries(fields.map((name, word) => [name, chunks[at + word]])) as Chunk;
  });
}

/** Small models with both kinds of blocks, with and without projections. */
const smallConfigs = fc
  .record({
    vocabSize: fc.integer({ min: 1, max: 300 }),
    headWidth: fc.integer({ min: 1, max: 6 }),
    numAttentionHeads: fc.integer({ min: 1, max: 3 }),
    ffnDim: fc.integer({ min: 1, max: 60 }),
    numHiddenLayers: fc.integer({ min: 1, max: 3 }),
    maxPositionEmbeddings: fc.integer({ min: 1, max: 40 }),
    wordEmbedProjDim: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
    doLayerNormBefore: fc.boolean(),
    numLabels: fc.option(fc.integer({ min: 1, max: 20 }), { nil: null }),
  })
  .map(({ headWidth, ...config }): OptConfig => {
    const hiddenSize = headWidth * config.numAttentionHeads;
    return {
      ...config,
      hiddenSize,
      wordEmbedProjDim: config.wordEmbedProjDim ?? hiddenSize,
      hasFinalLayerNorm: config.doLayerNormBefore,
      bosTokenId: 2,
      eosTokenId: 2,
    };
  });

/** Binding limits in bytes that fit W+ and W- of at least one row of every matrix. */
const limits = fc.integer({ min: 2 * 60 * 4, max: 40_000 });

function everyLayout(
  claim: (layout: Layout, config: OptConfig, maxElements: number) => void,
): void {
  fc.assert(
    fc.property(smallConfigs, limits, (config, limit) => {
      claim(planLayout(config, limit), config, Math.floor(limit / 4));
    }),
  );
}

describe("whatever the model and the binding limit", () => {
  test("every element of every parameter lies in exactly one chunk", () => {
    everyLayout((layout) => {
      const { table } = layout;
      const seen = table.map(({ elements }) => new Uint8Array(elements));
      for (const { tensor, first, count } of allChunks(layout)) {
        expect(first + count).toBeLessThanOrEqual(table[tensor]!.elements);
        for (let i = first; i < first + count; i++) seen[tensor]![i]! += 1;
      }
      for (const elements of seen) expect(elements.every((times) => times === 1)).toBe(true);
    });
  });

  test("the offsets of a chunk are those of its rows in the pieces of its shard", () => {
    everyLayout((layout) => {
      for (const matrix of layout.matrices.values()) {
        for (const { shard, tile, chunk } of placesOf(layout, matrix)) {
          const piece = shard.pieces.find(({ parameter, firstRow, rows }) => {
            const row = Math.floor(chunk.first / matrix.width);
            return parameter.index === chunk.tensor && row >= firstRow && row < firstRow + rows;
          })!;
          const inShard = chunk.first - (piece.firstRow - piece.at) * matrix.width;
          expect(chunk.theta_offset).toBe(inShard);
          expect(chunk.out_offset).toBe(inShard - tile.firstRow * matrix.width);
          expect(chunk.out_offset + chunk.count).toBeLessThanOrEqual(tile.rows * matrix.width);
        }
      }
    });
  });

  test("groups of eight are whole only if no chunk cuts one and each begins at a multiple of 8", () => {
    everyLayout((layout) => {
      const cuts = allChunks(layout).flatMap((chunk) => {
        return [chunk.first, chunk.first + chunk.count, chunk.theta_offset, chunk.out_offset];
      });
      expect(hasWholeGroups(layout)).toBe(cuts.every((element) => element % 8 === 0));
      // W- must begin at a multiple of four as well.
      if (hasWholeGroups(layout)) expect(layout.vectors.elements % 4).toBe(0);
      expect(layout.scratchElements % 4).toBe(0);
    });
  });

  test("a chunk has the block of its parameter and whether it decays", () => {
    everyLayout((layout) => {
      for (const { tensor, block, decays } of allChunks(layout)) {
        const parameter = layout.table[tensor]!;
        const outside = parameter.role === "head" ? HEAD_BLOCK : NO_BLOCK;
        expect(block).toBe(typeof parameter.stage === "number" ? parameter.stage : outside);
        expect(decays).toBe(Number(parameter.decays));
      }
    });
  });

  test("vectors are contiguous, and those of k, v and q adjacent", () => {
    everyLayout(({ table, vectors }, { hiddenSize, numHiddenLayers }) => {
      const flat = table.filter(({ shape }) => shape.length === 1);
      const ends = flat.map(({ name, elements }) => {
        return { start: vectors.offsets.get(name)!, elements };
      });
      ends.sort((a, b) => a.start - b.start);
      let at = 0;
      for (const { start, elements } of ends) {
        expect(start).toBe(at);
        at += elements;
      }
      expect(vectors.elements).toBe(at);
      for (let block = 0; block < numHiddenLayers; block++) {
        const [k, v, q] = ["k", "v", "q"].map((letter) => {
          return vectors.offsets.get(
            `model.decoder.layers.${block}.self_attn.${letter}_proj.bias`,
          )!;
        });
        expect([v! - k!, q! - v!]).toEqual([hiddenSize, hiddenSize]);
      }
    });
  });

  test("no shard exceeds what can be bound, and shards hold the rows in order", () => {
    everyLayout(({ matrices }, _, maxElements) => {
      for (const { shards, width, rows } of matrices.values()) {
        let at = 0;
        for (const shard of shards) {
          expect(shard.firstRow).toBe(at);
          expect(shard.rows * width).toBeLessThanOrEqual(maxElements);
          at += shard.rows;
        }
        expect(at).toBe(rows);
      }
    });
  });

  test("no tile that is written to scratch exceeds it, and W+ and W- can be bound as one", () => {
    everyLayout(({ matrices, scratchElements }, _, maxElements) => {
      expect(2 * scratchElements).toBeLessThanOrEqual(maxElements);
      // Some kernels read four weights at a time.
      expect(scratchElements % 4).toBe(0);
      for (const { name, shards, width } of matrices.values()) {
        // Rows of the position table are perturbed when looked up, never written to scratch.
        if (name === "embed_positions") continue;
        for (const { tiles } of shards) {
          for (const { rows } of tiles) expect(rows * width).toBeLessThanOrEqual(scratchElements);
        }
      }
    });
  });

  test("the tiles of a shard cover its rows; only the embedding has several", () => {
    everyLayout(({ matrices, headTileRows }, { numLabels }) => {
      const head = numLabels === null ? "embed_tokens" : "score";
      for (const { name, shards } of matrices.values()) {
        for (const { tiles, rows } of shards) {
          expect(tiles.reduce((sum, tile) => sum + tile.rows, 0)).toBe(rows);
          if (name === head) {
            for (const tile of tiles) expect(tile.rows).toBeLessThanOrEqual(headTileRows);
          }
          if (name !== "embed_tokens") expect(tiles.length).toBe(1);
        }
      }
    });
  });
});

describe("opt-125m with WebGPU's default limit of 128 MiB", () => {
  const layout = planLayout(parseConfig(publishedConfigs["opt-125m"]), 128 * 2 ** 20);

  test("the embedding of 147 MiB needs two buffers, every other matrix one", () => {
    for (const { name, shards } of layout.matrices.values()) {
      expect(shards.length, name).toBe(name === "embed_tokens" ? 2 : 1);
    }
  });

  test("scratch is 16 MiB per sign, and the head has ten tiles", () => {
    expect(layout.scratchElements * 4).toBe(16 * 2 ** 20);
    const tiles = layout.matrices.get("embed_tokens")!.shards.flatMap((shard) => shard.tiles);
    expect(tiles.length).toBe(10);
  });

  test("no weight pass needs more workgroups than the default limit in one dimension", () => {
    for (const { tile } of allTiles(layout)) expect(tile.chunks.count).toBeLessThan(65536);
  });
});

describe.each([
  // W+ and W- of fc1 fill the binding: 2 x 2048 x 8192 floats.
  ["opt-1.3b", 1, 2 ** 24],
  // 2 x 2560 x 10240 floats are 200 MiB: fc1 and fc2 are cut in two.
  ["opt-2.7b", 2, 2 ** 24],
] as const)("%s with WebGPU's default limit of 128 MiB", (name, fcShards, scratchElements) => {
  const layout = planLayout(parseConfig(publishedConfigs[name]), 128 * 2 ** 20);

  test("W+ and W- of every matrix are bound as one", () => {
    expect(layout.scratchElements).toBe(scratchElements);
    expect(layout.matrices.get("layers.0.fc1")!.shards.length).toBe(fcShards);
    expect(layout.matrices.get("layers.0.fc2")!.shards.length).toBe(fcShards);
    for (const { tile, shard } of allTiles(layout)) {
      const isLookedUp = shard.pieces[0]!.parameter.name.includes("embed_positions");
      const { width } = [...layout.matrices.values()].find(({ shards }) => shards.includes(shard))!;
      if (!isLookedUp) expect(tile.rows * width).toBeLessThanOrEqual(scratchElements);
    }
  });

  test("the embedding leaves less than a tile of its buffers empty", () => {
    const { shards, width } = layout.matrices.get("embed_tokens")!;
    for (const { rows } of shards.slice(0, -1)) {
      expect((rows + layout.headTileRows) * width * 4).toBeGreaterThan(128 * 2 ** 20);
    }
  });
});

function allTiles({ matrices }: Layout) {
  return [...matrices.values()].flatMap(({ shards }) =>
    shards.flatMap((shard) => shard.tiles.map((tile) => ({ shard, tile }))),
  );
}

function allChunks(layout: Layout): Chunk[] {
  const ranges = [layout.vectors.chunks, ...allTiles(layout).map(({ tile }) => tile.chunks)];
  return ranges.flatMap((range) => chunksOf(layout, range));
}

function placesOf(layout: Layout, { shards }: Matrix) {
  return shards.flatMap((shard) =>
    shard.tiles.flatMap((tile) =>
      chunksOf(layout, tile.chunks).map((chunk) => ({ shard, tile, chunk })),
    ),
  );
}
