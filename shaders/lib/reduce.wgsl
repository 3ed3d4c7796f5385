// Tree reductions over a workgroup: every thread gives a value and gets the sum, or the largest, of all.
// The order of the additions is fixed, so the bits do not depend on the driver. The including file
// declares WORKGROUP_SIZE, a power of two.

var<workgroup> sh_reduce: array<f32, WORKGROUP_SIZE>;

fn workgroup_sum(lane: u32, value: f32) -> f32 {
  workgroupBarrier(); // until the result of the reduction before is read
  sh_reduce[lane] = value;
  workgroupBarrier();
  for (var stride = WORKGROUP_SIZE / 2u; stride > 0u; stride /= 2u) {
    if (lane < stride) { sh_reduce[lane] += sh_reduce[lane + stride]; }
    workgroupBarrier();
  }
  return sh_reduce[0];
}

fn workgroup_max(lane: u32, value: f32) -> f32 {
  workgroupBarrier(); // until the result of the reduction before is read
  sh_reduce[lane] = value;
  workgroupBarrier();
  for (var stride = WORKGROUP_SIZE / 2u; stride > 0u; stride /= 2u) {
    if (lane < stride) { sh_reduce[lane] = max(sh_reduce[lane], sh_reduce[lane + stride]); }
    workgroupBarrier();
  }
  return sh_reduce[0];
}
