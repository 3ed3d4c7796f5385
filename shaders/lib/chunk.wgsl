// A range of elements of one tensor: the share of a workgroup in a pass over the weights.
struct Chunk {
  tensor: u32, // index in the table of parameters
  first: u32, // element in the tensor
  count: u32,
  theta_offset: u32, // of element `first` in theta
  out_offset: u32, // of element `first` in W+ and in W-
  block: u32, // its block, or NO_BLOCK or HEAD_BLOCK
  decays: u32, // 1: weight decay applies
  padding: u32,
}
