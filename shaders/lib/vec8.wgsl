// Eight consecutive elements of a tensor: noise is drawn for groups of eight.
struct Vec8 {
  a: vec4f,
  b: vec4f,
}
