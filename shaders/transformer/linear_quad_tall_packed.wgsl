// As linear_quad_tall, over weights in half precision.
enable subgroups;

const ROWS = 16u; // a lane

#include "lib/weights_packed.wgsl"
#include "lib/quad_tile.wgsl"
