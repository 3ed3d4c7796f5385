// Histograms of |theta|, one per tensor: magnitude_histogram counts, threshold_select reads.

const BINS = 256u; // per tensor

struct Round {
  kind: u32, // SELECT or MEASURE
  shift: u32, // of SELECT: 24, 16, 8, 0
}

const SELECT = 0u;
const MEASURE = 1u;
