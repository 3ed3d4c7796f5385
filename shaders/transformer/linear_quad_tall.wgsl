// y = x wᵀ by register tiles of 16 x 4 a lane: half as many loads of w per multiply-add as linear_quad, for
// many rows. Measured: docs/kernels.md
enable subgroups;

const ROWS = 16u; // a lane

#include "lib/weights_f32.wgsl"
#include "lib/quad_tile.wgsl"
