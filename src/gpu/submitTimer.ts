/**
 * The host's clock, read whenever the GPU says that it is done with a submit: for GPUs without a clock
 * of their own. Nothing is waited for in between, so the GPU works on as it would; the times hold what
 * handing over costs it. Where the word comes late and several submits at once, their time counts for
 * the first of them, which was the one at work: over many submits that evens out, as samples do.
 */
export class SubmitTimer {
  readonly cutsSubmits = true;
  readonly #queue: GPUQueue;
  #now: () => number = () => 0;
  #began: Promise<number> | null = null;
  #groups: string[] = [];
  #ends: Promise<number>[] = [];

  constructor({ queue }: GPUDevice) {
    this.#queue = queue;
  }

  /**
   * Forgets what was timed before. What was handed over until now is not counted.
   *
   * @param now milliseconds, any origin
   */
  begin(now: () => number): void {
    this.#now = now;
    this.#groups = [];
    this.#ends = [];
    this.#began = this.#whenDone();
  }

  writesFor(): undefined {
    return undefined;
  }

  submitted(group: string): void {
    this.#groups.push(group);
    this.#ends.push(this.#whenDone());
  }

  end(): void {}

  /** Milliseconds by group, once all of it is done; null where the clock said nothing of use. */
  async read(): Promise<Readonly<Record<string, number>> | null> {
    const groups = this.#groups;
    const ends = await Promise.all(this.#ends);
    let last = (await this.#began) ?? Number.NaN;
    const sums: Record<string, number> = {};
    for (const [i, group] of groups.entries()) {
      sums[group] = (sums[group] ?? 0) + Math.max(0, ends[i]! - last);
      last = Math.max(last, ends[i]!);
    }
    const total = Object.values(sums).reduce((sum, ms) => sum + ms, 0);
    return total > 0 ? sums : null;
  }

  destroy(): void {}

  /** A device that is lost says nothing of use. */
  #whenDone(): Promise<number> {
    return this.#queue.onSubmittedWorkDone().then(
      () => this.#now(),
      () => Number.NaN,
    );
  }
}
