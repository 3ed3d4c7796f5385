/**
 * The values smoothed by an exponential moving average, corrected for its start at zero.
 * Values that are not finite pass through and leave the average alone; a constant stays as it is.
 *
 * @param weight share of the past kept at each point, 0 (raw) to below 1
 * @see TensorBoard, line_chart_v2/sub_view/line_chart_smoothing
 */
export function debiasedEma(values: ArrayLike<number>, weight: number): Float64Array {
  const smoothed = new Float64Array(values.length);
  if (isConstant(values)) weight = 0;
  let average = 0;
  let folded = 0;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i]!;
    if (!Number.isFinite(value)) {
      smoothed[i] = value;
      continue;
    }
    average = average * weight + (1 - weight) * value;
    folded += 1;
    // Without the division the first points would lean towards zero.
    smoothed[i] = weight === 0 ? value : average / (1 - weight ** folded);
  }
  return smoothed;
}

function isConstant(values: ArrayLike<number>): boolean {
  for (let i = 1; i < values.length; i += 1) if (values[i] !== values[0]) return false;
  return true;
}
