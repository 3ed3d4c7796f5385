// As linear_quad, over weights in half precision. The sums have the same bits as those of weights widened
// to f32 first.
enable subgroups;

const ROWS = 8u; // a lane

#include "lib/weights_packed.wgsl"
#include "lib/quad_tile.wgsl"
