// Loads tiles of x and w into workgroup memory, transposed so that four rows share a vec4f. The including
// file declares TILE (rows), DEPTH (along K), STRIDE (vec4s per k) and sh_x and sh_w as [DEPTH, STRIDE]
// vec4f, binds x as vec4f and gives load_w4.
//
// A thread transposes a block of 4 x 4 and stores whole vec4s: two threads never write parts of one.
const BLOCKS = (TILE / 4u) * (DEPTH / 4u); // per tile; there must be twice as many threads or more

fn load_tiles(slice: Slice, lane: u32, k0: u32, m0: u32, n0: u32) {
  let block = lane % BLOCKS;
  let k = k0 + (block % (DEPTH / 4u)) * 4u;
  let group = block / (DEPTH / 4u);
  let at = (k - k0) * STRIDE + group;
  if (lane < BLOCKS) {
    let m = m0 + 4u * group;
    let b = transpose(mat4x4f(
      x_part(slice, m, k),
      x_part(slice, m + 1u, k),
      x_part(slice, m + 2u, k),
      x_part(slice, m + 3u, k),
    ));
    sh_x[at] = b[0];
    sh_x[at + STRIDE] = b[1];
    sh_x[at + 2u * STRIDE] = b[2];
    sh_x[at + 3u * STRIDE] = b[3];
  } else if (lane < 2u * BLOCKS) {
    let n = n0 + 4u * group;
    let b = transpose(mat4x4f(
      w_part(slice, n, k),
      w_part(slice, n + 1u, k),
      w_part(slice, n + 2u, k),
      w_part(slice, n + 3u, k),
    ));
    sh_w[at] = b[0];
    sh_w[at + STRIDE] = b[1];
    sh_w[at + 2u * STRIDE] = b[2];
    sh_w[at + 3u * STRIDE] = b[3];
  }
}

fn x_part(slice: Slice, m: u32, k: u32) -> vec4f {
  if (m >= slice.rows || k >= params.inner) { return vec4f(0.0); }
  return x[((slice.first_row + m) * params.inner + k) / 4u];
}

fn w_part(slice: Slice, n: u32, k: u32) -> vec4f {
  if (n >= params.outer || k >= params.inner) { return vec4f(0.0); }
  return load_w4(slice.first_weight + n * params.inner + k);
}
