/**
 * Returns the factor on both learning rates: 1, divided by α for every epoch, from the fifth on, whose
 * mean loss is more than κ times that of the epoch two before it.
 *
 * It depends on the losses alone, so a resumed run has the same factor.
 *
 * @param losses of the steps on batches so far, in order
 * @param epoch number of steps on batches in an epoch
 * @see Gautam et al. (2024), Algorithm 4
 */
export function annealingFactor(
  losses: readonly number[],
  epoch: number,
  kappa: number,
  alpha: number,
): number {
  let factor = 1;
  if (alpha <= 1) return factor;
  for (let end = 5 * epoch; end <= losses.length; end += epoch) {
    const latest = mean(losses.slice(end - epoch, end));
    const earlier = mean(losses.slice(end - 3 * epoch, end - 2 * epoch));
    if (latest / earlier > kappa) factor /= alpha;
  }
  return factor;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
