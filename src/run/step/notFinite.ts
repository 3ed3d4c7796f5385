/** What to tell of a run that stopped itself at a step whose loss was not a number. */
export function notFiniteMessage(step: number): string {
  return (
    `The loss is not a number at step ${step}. That step changed nothing: the weights are those of ` +
    `step ${step - 1}, and training is paused. The learning rate is probably too large; start again ` +
    `from these settings with a smaller one.`
  );
}
