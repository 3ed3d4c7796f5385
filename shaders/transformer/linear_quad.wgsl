// y = x wᵀ by register tiles of 8 x 4 a lane, x shared within quads of lanes: for software adapters, where
// a load costs as much as 17 multiply-adds and workgroup memory is slow. Measured: docs/kernels.md
enable subgroups;

const ROWS = 8u; // a lane

#include "lib/weights_f32.wgsl"
#include "lib/quad_tile.wgsl"
